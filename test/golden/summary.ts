import { readFileSync } from "node:fs";
import { det } from "./det.ts";

/** A scalar, or a list of scalars, of PyTorch in double and in single precision. */
export interface Scalar<T = number> {
  readonly f64: T;
  readonly f32: T;
}

/** A tensor in short: float64 PyTorch's values, or their projections on fixed directions. */
export interface Summary {
  readonly shape: readonly number[];
  readonly norm: number;
  readonly sum: number;
  /** Relative L2 error of float32 PyTorch against these float64 values; its L2 norm where they are zero. */
  readonly error32: number;
  /** Zero but for rounding: the gradient of a bias that a norm takes out again. */
  readonly zero?: boolean;
  /** Every value, of a small tensor. */
  readonly values?: readonly number[];
  /** ⟨x, det("probe/k", n, 1)⟩ for k = 0, 1, …, of a large one. */
  readonly dots?: readonly number[];
  /** Its leading values. */
  readonly first?: readonly number[];
}

/** Read a golden file of this folder. */
export function golden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as T;
}

/**
 * Estimate ‖x − x*‖ / ‖x*‖, where x* is the tensor behind a summary.
 *
 * Exact where every value is stored. Otherwise from the projections: a direction with independent components uniform in
 * [−1, 1] sees an error e as ⟨e, p⟩ with mean square ‖e‖²/3, so √(3 · mean ⟨e, p⟩²) estimates ‖e‖. The difference of the
 * norms and of the leading values bound it from below. Where x* is zero, the absolute error.
 *
 * @returns the error, NaN if x holds one; of the order of 1 for an unrelated x.
 * @throws RangeError if the number of values differs.
 */
export function relativeError(summary: Summary, x: ArrayLike<number>): number {
  const n = summary.shape.reduce((a, b) => a * b, 1);
  if (x.length !== n) throw new RangeError(`relativeError: invalid length: expected ${n}, got ${x.length}`);
  const scale = Math.max(summary.norm, 1e-300);
  if (summary.values) return distance(summary.values, x) / scale;
  let square = 0;
  for (let i = 0; i < n; i++) square += x[i] * x[i];
  const norm = Math.sqrt(square);
  if (summary.zero) return norm;
  const errors = [Math.abs(norm - summary.norm)];
  if (summary.first) errors.push(distance(summary.first, x));
  if (summary.dots) {
    let seen = 0;
    summary.dots.forEach((dot, k) => {
      const probe = det(`probe/${k}`, n);
      let own = 0;
      for (let i = 0; i < n; i++) own += x[i] * probe[i];
      seen += (own - dot) ** 2;
    });
    errors.push(Math.sqrt((3 * seen) / summary.dots.length));
  }
  return Math.max(...errors) / scale;
}

function distance(expected: readonly number[], x: ArrayLike<number>): number {
  return Math.sqrt(expected.reduce((sum, value, i) => sum + (x[i] - value) ** 2, 0));
}
