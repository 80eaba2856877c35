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
  transpose,
} from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/**
 * A linear head in closed form on the features of a set (ridge regression, as KIP and FRePo use it: arXiv 2011.00050,
 * 2206.00719; docs/method.md, §8):
 *
 *   W = φᵀ (φ φᵀ + λ s I)⁻¹ Y,   s = tr(φ φᵀ) / M
 *
 * @param features φ [M, D] of the set's images; derivatives pass through
 * @param targets Y [M, K]
 * @param lambda λ, relative to the mean square norm of a feature vector
 * @returns features of other images [N, D] ↦ φ′ W [N, K]
 */
export function ridgePredictor(features: Tensor, targets: Tensor, lambda: number): (others: Tensor) => Tensor {
  const gram = matmul(features, transpose(features, [1, 0]));
  const predict = kernelPredictor(gram, targets, lambda, { heldScale: true });
  return (others) => predict(matmul(others, transpose(features, [1, 0])));
}

/**
 * Kernel ridge regression in closed form, K′ (K + λ s I)⁻¹ Y, s = tr(K) / M.
 *
 * @param gram K [M, M] of the set; derivatives pass through
 * @param targets Y [M, K]
 * @param lambda λ, relative to s
 * @param how.heldScale whether s counts as a constant
 * @returns K′ [N, M] between other images and the set ↦ [N, K]
 */
export function kernelPredictor(
  gram: Tensor,
  targets: Tensor,
  lambda: number,
  { heldScale }: { readonly heldScale: boolean },
): (cross: Tensor) => Tensor {
  const m = gram.shape[0];
  const eye = identity(m);
  const size = div(sum(mul(gram, eye)), m);
  const scale = reciprocal(heldScale ? stopGradient(size) : size);
  const kernel = add(mul(gram, scale), mul(eye, lambda));
  const inverse = stopGradient(inverted(kernel, lambda));
  const solution = stopGradient(matmul(inverse, targets));
  // One step of iterative refinement: its value is the solution, its derivative −K⁻¹ (dK) K⁻¹ Y.
  const refined = add(solution, matmul(inverse, sub(targets, matmul(kernel, solution))));
  return (cross) => matmul(mul(cross, scale), refined);
}

/**
 * K⁻¹ of a symmetric matrix with eigenvalues in [λ, tr K] by Newton and Schulz's iteration X ← X (2 I − K X). From X = I / ‖K‖∞
 * the error is (1 − λ/‖K‖∞)^(2ⁿ) after n steps: few products, no branches, any device.
 */
function inverted(kernel: Tensor, lambda: number): Tensor {
  const m = kernel.shape[0];
  const norm = max(sum(maximum(kernel, neg(kernel)), [1]));
  const steps = Math.ceil(Math.log2((16 * (1 + lambda) * m) / lambda));
  let x = mul(identity(m), reciprocal(norm));
  for (let i = 0; i < steps; i++) x = sub(mul(x, 2), matmul(x, matmul(kernel, x)));
  return x;
}

const identity = (m: number): Tensor =>
  constant(
    Float32Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0)),
    [m, m],
  );
