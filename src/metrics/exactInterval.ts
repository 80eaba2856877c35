import { UsageError } from "../core/errors.ts";
import type { Interval } from "./intervals.ts";

/**
 * Give the exact interval of a proportion from few trials: what is left out is rarer than (1 − level) / 2 on either side.
 *
 * Ends: P(X ≥ hits | low) = P(X ≤ hits | high) = (1 − level) / 2, X binomial; 0 and 1 where nothing or everything was hit.
 *
 * Source: Clopper and Pearson 1934.
 *
 * @throws UsageError for counts that are none.
 * @example
 * const { low, high } = exactInterval(3, 4); // 0.194 … 0.994
 */
export function exactInterval(hits: number, of: number, level = 0.95): Interval {
  if (!(of > 0 && hits >= 0 && hits <= of))
    throw new UsageError(`exactInterval: invalid counts: expected 0 ≤ hits ≤ of and of > 0, got ${hits} of ${of}`);
  const tail = (1 - level) / 2;
  return {
    low: hits === 0 ? 0 : least((p) => 1 - atMost(hits - 1, of, p) >= tail),
    high: hits === of ? 1 : least((p) => atMost(hits, of, p) <= tail),
  };
}

/** P(X ≤ hits): Σ C(n, k) p^k (1 − p)^(n − k), each term by its logarithm. */
function atMost(hits: number, of: number, p: number): number {
  let [term, sum] = [of * Math.log1p(-p), 0];
  for (let k = 0; k <= hits; k++) {
    sum += Math.exp(term);
    term += Math.log((of - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return sum;
}

/** The least share for which it holds, of what holds from some share on. */
function least(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const p = (low + high) / 2;
    if (holds(p)) high = p;
    else low = p;
  }
  return high;
}
