/** Deviations of a normal distribution that its median absolute deviation counts. */
const CONSISTENT = 1.4826;

/**
 * How many deviations each value lies from the median, where a deviation is 1.4826 times the median absolute one: the anomaly index of
 * Neural Cleanse (IEEE S&P 2019, IV), with its sign.
 *
 * @returns the indices, all 0 where more than half of the values are equal, and the deviation.
 */
export function madIndex(values: readonly number[]): { readonly index: number[]; readonly deviation: number } {
  const centre = median(values);
  const deviation = CONSISTENT * median(values.map((v) => Math.abs(v - centre)));
  return { index: values.map((v) => (deviation === 0 ? 0 : (v - centre) / deviation)), deviation };
}

/** The middle value; of an even number the mean of the two middle ones. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
