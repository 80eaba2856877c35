/** Smallest and largest of any number of values; NaN counts for nothing. Spreading a long list into Math.max overflows the stack. */
export function extent(values: Iterable<number>): { min: number; max: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
