import { holm } from "../../metrics/holm.ts";
import { type Summary, summarise } from "../../metrics/intervals.ts";
import { type PairedTTest, pairedTTest } from "../../metrics/pairedTTest.ts";
import { type AttackVerdict, judge } from "../conclusion.ts";
import { asr, type Condition, columns, controls, ctaAfter, ctaBefore } from "../conditions.ts";
import type { Measurement, SweepData } from "./sweepData.ts";

/** A test of a family, with its p-value corrected by Holm for the size of the family. */
export interface CorrectedTest extends PairedTTest {
  readonly corrected: number | undefined;
}

/** One condition: everything that was measured with the same value of each factor, over its repetitions. */
export interface Cell {
  /** For each factor, the index of its value. */
  readonly at: readonly number[];
  readonly measurements: readonly Measurement[];
  /** One a column of conditions.ts; undefined where it was not measured. */
  readonly summaries: readonly (Summary | undefined)[];
  /** The control that comes closest to the attack, by its mean. */
  readonly control?: Condition;
  /** ASR − strongest control, repetition by repetition. */
  readonly rise?: CorrectedTest;
  /** CTA of the tampered set − CTA of the clean set. */
  readonly ctaChange?: CorrectedTest;
  readonly verdict: AttackVerdict;
}

/** Group measurements by condition, in the order of the factors' values. Corrections are over all conditions of the sweep. */
export function cellsOf(data: SweepData): Cell[] {
  const groups = new Map<string, Measurement[]>();
  for (const measurement of data.measurements) {
    const name = measurement.at.join();
    const group = groups.get(name);
    if (group) group.push(measurement);
    else groups.set(name, [measurement]);
  }
  const all = [...groups.values()].sort((a, b) => compareIndices(a[0].at, b[0].at)).map(measure);
  const rises = corrected(all.map(({ rise }) => rise));
  const changes = corrected(all.map(({ ctaChange }) => ctaChange));
  return all.map((cell, i) => {
    const rise = rises[i];
    const success = summaryIn(cell, asr);
    const beyondChance = (rise?.corrected ?? 1) < 0.05;
    const verdict = success ? judge(success.mean, rise, beyondChance) : "none";
    return { ...cell, rise, ctaChange: changes[i], verdict };
  });
}

/** Correct the p-values of a family; members without one pass through. */
export function corrected(tests: readonly (PairedTTest | undefined)[]): (CorrectedTest | undefined)[] {
  const adjusted = holm(tests.flatMap((test) => (test?.p === undefined ? [] : [test.p])));
  let next = 0;
  return tests.map((test) => test && { ...test, corrected: test.p === undefined ? undefined : adjusted[next++] });
}

/** Summary of a condition of conditions.ts in a cell. */
export function summaryIn({ summaries }: Pick<Cell, "summaries">, condition: Condition): Summary | undefined {
  return summaries[columns.indexOf(condition)];
}

/** What a measurement says about a condition of conditions.ts. */
export function rateOf({ rates }: Measurement, condition: Condition): number | null {
  return rates[columns.indexOf(condition)];
}

/** The cell of which a number is largest; undefined where none has it. */
export function largest(cells: readonly Cell[], of: (cell: Cell) => number | undefined): Cell | undefined {
  return cells.reduce<Cell | undefined>(
    (best, cell) => ((of(cell) ?? -Infinity) > ((best && of(best)) ?? -Infinity) ? cell : best),
    undefined,
  );
}

function measure(measurements: readonly Measurement[]): Omit<Cell, "verdict"> {
  const summaries = columns.map((_, i) => {
    const values = measurements.flatMap(({ rates }) => rates[i] ?? []);
    return values.length > 0 ? summarise(values) : undefined;
  });
  const control = controls
    .filter((condition) => summaryIn({ summaries }, condition))
    .sort((a, b) => (summaryIn({ summaries }, b)?.mean ?? 0) - (summaryIn({ summaries }, a)?.mean ?? 0))[0];
  return {
    at: measurements[0].at,
    measurements,
    summaries,
    control,
    rise: control && testOf(measurements, control, asr),
    ctaChange: testOf(measurements, ctaBefore, ctaAfter),
  };
}

function testOf(measurements: readonly Measurement[], before: Condition, after: Condition) {
  const pairs = measurements.flatMap((one): [number, number][] => {
    const [a, b] = [rateOf(one, before), rateOf(one, after)];
    return a === null || b === null ? [] : [[a, b]];
  });
  if (pairs.length === 0) return undefined;
  const test = pairedTTest(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
  return { ...test, corrected: undefined };
}

function compareIndices(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}
