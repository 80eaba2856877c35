import { UsageError } from "../core/errors.ts";
import { studentTQuantile } from "./studentT.ts";

/** A number and how sure it is. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Mean, sample standard deviation and confidence interval of the mean over n independent values. */
export interface Summary extends Interval {
  readonly n: number;
  readonly mean: number;
  /** √(Σ(x − mean)² / (n − 1)); undefined for one value: nothing is known about its spread. */
  readonly sd: number | undefined;
}

/**
 * Summarise repeated measurements (networks × seeds).
 *
 * Interval: mean ± t(1 − (1 − level)/2, n − 1) · sd / √n. One value has the interval (−∞, ∞): honest, if useless.
 *
 * @param level confidence as a fraction.
 * @throws UsageError if there is no value or one is not finite.
 * @example
 * const { mean, sd, low, high } = summarise([0.35, 0.37, 0.36]);
 */
export function summarise(values: ArrayLike<number>, level = 0.95): Summary {
  const n = values.length;
  if (n === 0) throw new UsageError("summarise: missing values: expected at least one, got none");
  let sum = 0;
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i]))
      throw new UsageError(`summarise: invalid value ${i}: expected a finite number, got ${values[i]}`);
    sum += values[i];
  }
  const mean = sum / n;
  if (n === 1) return { n, mean, sd: undefined, low: -Infinity, high: Infinity };
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i] - mean) ** 2;
  const sd = Math.sqrt(squares / (n - 1));
  const half = (studentTQuantile(1 - (1 - level) / 2, n - 1) * sd) / Math.sqrt(n);
  return { n, mean, sd, low: mean - half, high: mean + half };
}

/**
 * Summarise `after − before` pair by pair: same network, same seed. What the seeds share cancels out.
 *
 * @example
 * const { mean, low, high } = pairedDifference(accuraciesOfClean, accuraciesOfTampered);
 */
export function pairedDifference(before: ArrayLike<number>, after: ArrayLike<number>, level = 0.95): Summary {
  if (before.length !== after.length)
    throw new UsageError(`pairedDifference: invalid pairs: expected ${before.length} values, got ${after.length}`);
  return summarise(
    Float64Array.from(after, (value, i) => value - before[i]),
    level,
  );
}

/**
 * Give Wilson's score interval of a proportion: one network on `of` test images.
 *
 * Source: Wilson 1927, eq. 4. Covers the choice of test images only, not of networks.
 */
export function wilson(hits: number, of: number, level = 0.95): Interval {
  if (!(of > 0 && hits >= 0 && hits <= of))
    throw new UsageError(`wilson: invalid counts: expected 0 ≤ hits ≤ of and of > 0, got ${hits} of ${of}`);
  // Student's t with this many degrees of freedom is the normal distribution in double precision.
  const z = studentTQuantile(1 - (1 - level) / 2, 1e9);
  const p = hits / of;
  const centre = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
