import { UsageError } from "../core/errors.ts";

/**
 * Measure peak signal-to-noise ratio: −10 log₁₀(mean (a − b)²), peak 1.
 *
 * @param a, b pixels, nominally in [0, 1].
 * @returns decibels; Infinity for equal images.
 */
export function psnr(a: Float32Array, b: Float32Array): number {
  checkPair("psnr", a, b);
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i] - b[i]) ** 2;
  return 10 * Math.log10(a.length / squares);
}

/** Find the largest |a − b|, in the unit of the arguments. */
export function maxAbsDifference(a: Float32Array, b: Float32Array): number {
  checkPair("maxAbsDifference", a, b);
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i] - b[i]));
  return max;
}

function checkPair(who: string, a: Float32Array, b: Float32Array): void {
  if (a.length === 0 || a.length !== b.length)
    throw new UsageError(`${who}: invalid images: expected two of one size, got ${a.length} and ${b.length} numbers`);
}
