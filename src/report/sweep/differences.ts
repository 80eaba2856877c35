import { type PairedTTest, pairedTTest } from "../../metrics/pairedTTest.ts";
import { type Cell, type CorrectedTest, corrected } from "./cells.ts";
import type { Measure } from "./measures.ts";
import type { Factor } from "./sweepData.ts";

/** What changing one value of a factor to another does to a measure, everything else equal. */
export interface Difference {
  readonly factor: number;
  /** Indices of the two values. */
  readonly from: number;
  readonly to: number;
  /** The architecture within which they are compared, where the sweep has several. */
  readonly within?: string;
  /** Conditions that were measured with both. */
  readonly conditions: number;
  readonly test: CorrectedTest;
}

/** Chosen: beyond this many values every pair is too many to read; each is then held against the first. */
const allPairsUpTo = 12;

/**
 * Compare the values of every factor, paired over seeds, within each architecture: rates of different ones are not averaged.
 *
 * For each seed the difference is averaged over the conditions that were measured with both values and are equal in all
 * other factors; the test is over seeds, because conditions of one seed are not independent. All comparisons are one
 * family, corrected by Holm.
 */
export function differences(cells: readonly Cell[], factors: readonly Factor[], measure: Measure): Difference[] {
  const network = factors.findIndex(({ name, values }) => isNetwork(name) && values.length > 1);
  const found = factors.flatMap((one, factor) => {
    if (network < 0 || isNetwork(one.name)) return compareValues(cells, one, factor, measure);
    return factors[network].values.flatMap((within, k) =>
      compareValues(
        cells.filter(({ at }) => at[network] === k),
        one,
        factor,
        measure,
      ).map((difference) => ({ ...difference, within })),
    );
  });
  const tests = corrected(found.map(({ test }) => test));
  return found.map((one, i) => ({ ...one, test: tests[i] as CorrectedTest }));
}

/** Whether a factor says which architecture a network has. */
export const isNetwork = (name: string): boolean => /^(?:receiver )?network(?:$|\.)/.test(name);

function compareValues(
  cells: readonly Cell[],
  { values }: Factor,
  factor: number,
  measure: Measure,
): (Omit<Difference, "test"> & { readonly test: PairedTTest })[] {
  const others = new Map<string, (Cell | undefined)[]>();
  for (const cell of cells) {
    const name = cell.at.map((place, i) => (i === factor ? "" : place)).join();
    const row = others.get(name) ?? [];
    row[cell.at[factor]] = cell;
    others.set(name, row);
  }
  return pairsOf(values.length).flatMap(([from, to]) => {
    const pairs = [...others.values()].flatMap((row): [Cell, Cell][] => {
      const [a, b] = [row[from], row[to]];
      return a && b ? [[a, b]] : [];
    });
    const compared = comparePairs(pairs, measure);
    return compared ? [{ factor, from, to, ...compared }] : [];
  });
}

function pairsOf(n: number): [number, number][] {
  const firsts = n > allPairsUpTo ? [0] : Array.from({ length: n }, (_, i) => i);
  return firsts.flatMap((from) =>
    Array.from({ length: n - from - 1 }, (_, k): [number, number] => [from, from + k + 1]),
  );
}

function comparePairs(pairs: readonly [Cell, Cell][], measure: Measure) {
  const bySeed = new Map<string, { before: number; after: number; n: number }>();
  let conditions = 0;
  for (const [a, b] of pairs) {
    const before = valuesBySeed(a, measure);
    let matched = false;
    for (const [seed, after] of valuesBySeed(b, measure)) {
      const first = before.get(seed);
      if (first === undefined) continue;
      const entry = bySeed.get(seed) ?? { before: 0, after: 0, n: 0 };
      bySeed.set(seed, { before: entry.before + first, after: entry.after + after, n: entry.n + 1 });
      matched = true;
    }
    if (matched) conditions++;
  }
  if (conditions === 0) return undefined;
  const seeds = [...bySeed.values()];
  const test = pairedTTest(
    seeds.map(({ before, n }) => before / n),
    seeds.map(({ after, n }) => after / n),
  );
  return { conditions, test };
}

function valuesBySeed(cell: Cell, measure: Measure): Map<string, number> {
  const found = new Map<string, number>();
  for (const measurement of cell.measurements) {
    const value = measure.of(measurement, cell);
    if (value !== null) found.set(measurement.seed, value);
  }
  return found;
}
