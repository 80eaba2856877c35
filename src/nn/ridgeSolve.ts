import {
  add,
  constant,
  div,
  matmul,
  max,
  maximum,
  mul,
  neg,
  reciprocal,
  stopGradient,
  sub,
  sum,
} from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/** I of m rows. */
export const identity = (m: number): Tensor =>
  constant(
    Float32Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0)),
    [m, m],
  );

/** tr(A) / m of a matrix [m, m]. */
export const meanDiagonal = (a: Tensor): Tensor => div(sum(mul(a, identity(a.shape[0]))), a.shape[0]);

/**
 * A⁻¹ of a symmetric matrix with eigenvalues in [λ, tr A] by Newton and Schulz's iteration X ← X (2 I − A X). From X = I / ‖A‖∞
 * the error is (1 − λ/‖A‖∞)^(2ⁿ) after n steps: few products, no branches, any device. Derivatives do not pass.
 */
export function ridgeInverse(a: Tensor, lambda: number): Tensor {
  const m = a.shape[0];
  const norm = max(sum(maximum(a, neg(a)), [1]));
  const steps = Math.ceil(Math.log2((16 * (1 + lambda) * m) / lambda));
  let x = mul(identity(m), reciprocal(norm));
  for (let i = 0; i < steps; i++) x = sub(mul(x, 2), matmul(x, matmul(a, x)));
  return stopGradient(x);
}

/**
 * A⁻¹ Y with derivatives by A and Y, from an inverse that has none.
 *
 * One step of iterative refinement: its value is the solution, its derivative A⁻¹ (dY − dA A⁻¹ Y).
 */
export function solved(a: Tensor, inverse: Tensor, y: Tensor): Tensor {
  const solution = stopGradient(matmul(inverse, y));
  return add(solution, matmul(inverse, sub(y, matmul(a, solution))));
}
