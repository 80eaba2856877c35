import { type Summary, summarise } from "../../metrics/intervals.ts";
import { asr, type Condition, columns, controls, ctaAfter, ctaBefore } from "../conditions.ts";
import { type Cell, rateOf } from "./cells.ts";
import type { Measurement, SweepData } from "./sweepData.ts";

/** What a heat map colours, a chart draws and a comparison compares. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  /** A rate lies in [0, 1]; a difference of rates is given in points. */
  readonly kind: "rate" | "difference";
  /** Its value in one repetition of a cell, as a fraction; null where it was not measured. */
  readonly of: (measurement: Measurement, cell: Cell) => number | null;
}

const difference = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b);

export const rise: Measure = {
  id: "rise",
  title: "rise of ASR over the strongest control",
  kind: "difference",
  of: (measurement, cell) => difference(rateOf(measurement, asr), controlRate.of(measurement, cell)),
};

export const successRate = rateMeasure("asr", "ASR with its strongest control", asr);

/** Never shown alone: what an ASR has to be held against. */
export const controlRate: Measure = {
  id: "control",
  title: "strongest control",
  kind: "rate",
  of: (measurement, { control }) => (control ? rateOf(measurement, control) : null),
};

const ctaOfClean = rateMeasure("cta-before", "CTA of the clean set", ctaBefore);
const ctaOfTampered = rateMeasure("cta-after", "CTA of the tampered set", ctaAfter);

export const ctaLoss: Measure = {
  id: "cta-loss",
  title: "loss of CTA",
  kind: "difference",
  of: (measurement) => difference(rateOf(measurement, ctaBefore), rateOf(measurement, ctaAfter)),
};

export const measures: readonly Measure[] = [rise, successRate, ctaOfTampered, ctaOfClean, ctaLoss];

/** What a reader can choose: what was measured. */
export function measuredOf({ measurements }: SweepData): Measure[] {
  const known = columns.map((_, i) => measurements.some(({ rates }) => rates[i] !== null));
  const has = (condition: Condition) => known[columns.indexOf(condition)];
  const needed = new Map<Measure, boolean>([
    [rise, has(asr) && controls.some(has)],
    [successRate, has(asr)],
    [ctaOfTampered, has(ctaAfter)],
    [ctaOfClean, has(ctaBefore)],
    [ctaLoss, has(ctaBefore) && has(ctaAfter)],
  ]);
  return measures.filter((measure) => needed.get(measure));
}

/** Mean of a measure over some cells, one value a seed; undefined where it was not measured. */
export function pool(cells: readonly Cell[], measure: Measure): Summary | undefined {
  const bySeed = new Map<string, { sum: number; n: number }>();
  for (const cell of cells)
    for (const measurement of cell.measurements) {
      const value = measure.of(measurement, cell);
      if (value === null) continue;
      const entry = bySeed.get(measurement.seed) ?? { sum: 0, n: 0 };
      bySeed.set(measurement.seed, { sum: entry.sum + value, n: entry.n + 1 });
    }
  if (bySeed.size === 0) return undefined;
  return summarise([...bySeed.values()].map(({ sum, n }) => sum / n));
}

function rateMeasure(id: string, title: string, condition: Condition): Measure {
  return { id, title, kind: "rate", of: (measurement) => rateOf(measurement, condition) };
}
