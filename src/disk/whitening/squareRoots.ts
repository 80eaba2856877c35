import { NumericError } from "../../core/errors.ts";
import type { Device } from "../../engine/device.ts";
import type { Floats } from "../../nn/Network.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { mul, sub } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import { symmetricProduct } from "./symmetricProduct.ts";

/** Steps of an iteration towards a square root: A is divided by `scale` first; `factors` are the ρ of each step. */
export interface SquareRootSteps {
  /** No smaller than the largest eigenvalue. */
  readonly scale: number;
  readonly factors: readonly number[];
  readonly length: number;
}

/** Chosen: the distance from 1 at which float32 has nothing left to gain. */
const SETTLED = 1e-7;
/** Chosen: entries of Z·Y − I after the last step; rounding leaves some 10⁻⁶ in 3072 dimensions. */
const TOLERANCE = 1e-4;

/**
 * Plan the scaled Newton–Schulz iteration for a symmetric matrix A whose eigenvalues are known to be at least `lowest` > 0.
 *
 * With λ(Z Y) ∈ [ℓ², 1] a step with ρ = √(3 / (1 + ℓ + ℓ²)) leaves [ℓ′², 1], ℓ′ = ½ ρ ℓ (3 − ρ² ℓ²), and no other ρ leaves a larger ℓ′
 * (Chen and Chow, A stable scaling of Newton–Schulz for improving the sign function computation of a Hermitian matrix, 2014).
 *
 * @param a [D, D]
 */
export function squareRootSteps(a: Float64Array, d: number, lowest: number): SquareRootSteps {
  const scale = largestRowSum(a, d);
  const factors: number[] = [];
  for (let l = Math.sqrt(lowest / scale); 1 - l > SETTLED; ) {
    const rho = Math.sqrt(3 / (1 + l + l * l));
    factors.push(rho);
    l = Math.min(1, 0.5 * rho * l * (3 - rho * rho * l * l));
  }
  return { scale, factors, length: factors.length };
}

/**
 * A^(1/2) and A^(−1/2) of a symmetric positive definite matrix, [D, D], by the coupled Newton–Schulz iteration: from Y = A / c, Z = I,
 * T = ½ ρ (3 I − ρ² Z Y), Y ← Y T, Z ← T Z, which gives Y → (A / c)^(1/2), Z → (A / c)^(−1/2) (Higham, Functions of Matrices,
 * eq. 6.35). All are polynomials of A, so that every product of two is symmetric.
 *
 * @throws NumericError if Z Y is not the identity in the end.
 */
export async function squareRoots(
  a: Float64Array,
  d: number,
  { scale, factors }: SquareRootSteps,
  device: Device,
  onStep: (done: number) => void,
): Promise<{ root: Floats; inverseRoot: Floats }> {
  const identity = new Float32Array(d * d);
  for (let i = 0; i < d; i++) identity[i * d + i] = 1;
  const square = f32(d, d);
  const step = (await compile(
    (y: Tensor, z: Tensor, eye: Tensor, linear: Tensor, cubic: Tensor) => {
      const t = sub(mul(eye, linear), mul(symmetricProduct(z, y, d, d), cubic));
      return [symmetricProduct(y, t, d, d), symmetricProduct(t, z, d, d)];
    },
    [square, square, square, f32(), f32()],
    device,
  )) as Compiled<[Floats, Floats, Floats, Floats, Floats], [Floats, Floats]>;
  try {
    let y: Floats = Float32Array.from(a, (v) => v / scale);
    let z: Floats = identity;
    for (const [i, rho] of factors.entries()) {
      [y, z] = await step(y, z, identity, Float32Array.of(1.5 * rho), Float32Array.of(0.5 * rho ** 3));
      onStep(i + 1);
    }
    const error = distanceFromIdentity(z, y, d);
    if (!(error < TOLERANCE))
      throw new NumericError(
        `square root: invalid matrix: expected a positive definite one, got a product ${error} away from the identity`,
      );
    const [up, down] = [Math.sqrt(scale), 1 / Math.sqrt(scale)];
    return { root: y.map((v) => v * up), inverseRoot: z.map((v) => v * down) };
  } finally {
    await step.close();
  }
}

/** ‖A‖_∞. */
function largestRowSum(a: Float64Array, d: number): number {
  let largest = 0;
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = i * d; j < (i + 1) * d; j++) sum += Math.abs(a[j]);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** Rows of Z·Y that are looked at. Chosen: an iteration that went astray did so everywhere. */
const SAMPLED = 64;

/** Largest |Z·Y − I| in rows spread over the whole. */
function distanceFromIdentity(z: Floats, y: Floats, d: number): number {
  let largest = 0;
  const row = new Float64Array(d);
  for (let i = 0; i < d; i += Math.ceil(d / SAMPLED)) {
    row.fill(0);
    row[i] = -1;
    for (let k = 0; k < d; k++) {
      const weight = z[i * d + k];
      for (let j = 0; j < d; j++) row[j] += weight * y[k * d + j];
    }
    // NaN stays.
    for (const off of row) largest = Math.max(largest, Math.abs(off));
  }
  return largest;
}
