import type { Detection } from "./Detector.ts";

/**
 * How easily each class is called: A_t, the sum over the searches of its best rate before networks that did not search, [K].
 *
 * @returns undefined where no search was asked
 */
export function callsOf(findings: readonly Detection[], classes: number): number[] | undefined {
  const searches = findings.flatMap(({ ofClass }) => (ofClass ? [ofClass] : []));
  if (searches.length === 0) return undefined;
  return Array.from({ length: classes }, (_, t) => searches.reduce((sum, rates) => sum + rates[t], 0));
}

/** What each class has beyond the median of the others: what the kind of set does to all is taken off. */
export function beyondOthers(values: ArrayLike<number>): number[] {
  const all = Array.from(values);
  return all.map((value, t) => {
    const others = all.filter((_, k) => k !== t).sort((a, b) => a - b);
    return value - others[Math.floor(others.length / 2)];
  });
}
