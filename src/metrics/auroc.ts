import { UsageError } from "../core/errors.ts";

/**
 * Measure how well scores separate: the probability that a positive scores above a negative, ties counting half.
 *
 * Rank form (Mann and Whitney 1947): (Σ ranks of positives − P(P+1)/2) / (P·N). 0.5 = blind, 1 = perfect.
 *
 * @param scores higher = more suspicious.
 * @param positive true where the answer should be "suspicious".
 * @throws UsageError unless both kinds occur and every score is a number (infinite is allowed).
 * @example
 * auroc([0.1, 0.4, 0.8], [false, false, true]); // 1
 */
export function auroc(scores: ArrayLike<number>, positive: ArrayLike<boolean | number>): number {
  const n = scores.length;
  if (positive.length !== n) throw new UsageError(`auroc: invalid labels: expected ${n}, got ${positive.length}`);
  for (let i = 0; i < n; i++)
    if (Number.isNaN(scores[i])) throw new UsageError(`auroc: invalid score ${i}: expected a number, got NaN`);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) =>
    scores[a] < scores[b] ? -1 : scores[a] > scores[b] ? 1 : 0,
  );
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && scores[order[end]] === scores[order[start]]) end++;
    const rank = (start + 1 + end) / 2; // mean of the ranks start+1 … end
    for (let i = start; i < end; i++) {
      if (!positive[order[i]]) continue;
      positives++;
      rankSum += rank;
    }
    start = end;
  }
  const negatives = n - positives;
  if (positives === 0 || negatives === 0)
    throw new UsageError(`auroc: missing labels: expected both kinds, got ${positives} positive of ${n}`);
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
