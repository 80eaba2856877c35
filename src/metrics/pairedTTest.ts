import { pairedDifference, type Summary } from "./intervals.ts";
import { studentTTwoSided } from "./studentT.ts";

/** Mean of the differences with its interval, and how often chance alone gives one as large. */
export interface PairedTTest extends Summary {
  /** Two-sided p-value of Student's t with n − 1 degrees of freedom; undefined for one pair. */
  readonly p: number | undefined;
}

/**
 * Test whether `after − before` is 0 on average, pair by pair (same network, same seed).
 *
 * t = mean / (sd / √n). Differences that are all 0 have p = 1, differences that are all the same other number p = 0.
 *
 * @throws UsageError if there is no pair, or the lengths differ.
 * Source: Student 1908.
 */
export function pairedTTest(before: ArrayLike<number>, after: ArrayLike<number>, level = 0.95): PairedTTest {
  const summary = pairedDifference(before, after, level);
  if (summary.sd === undefined) return { ...summary, p: undefined };
  if (summary.mean === 0) return { ...summary, p: 1 };
  return { ...summary, p: studentTTwoSided(summary.mean / (summary.sd / Math.sqrt(summary.n)), summary.n - 1) };
}
