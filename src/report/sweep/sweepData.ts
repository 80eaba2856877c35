import { columns } from "../conditions.ts";
import type { NetworkResult } from "../record.ts";
import type { FinishedTrial, SweepRecord, Trial } from "./sweepRecord.ts";

/** Something that was varied: an axis that does not repeat, or what varies within trials. */
export interface Factor {
  readonly name: string;
  /** As text, in the order in which tables show them. */
  readonly values: readonly string[];
}

/** One repetition of one condition. */
export interface Measurement {
  /** Index of its trial. */
  readonly trial: number;
  /** For each factor, the index of its value. */
  readonly at: readonly number[];
  /** What it has in common with measurements of other conditions: its seed. */
  readonly seed: string;
  /** One a column of conditions.ts, as a fraction; null where it was not measured. */
  readonly rates: readonly (number | null)[];
}

/** A trial as the page lists it. */
export interface ListedTrial {
  readonly id: string;
  readonly link?: string;
  /** For each axis of the record, the index of its value. */
  readonly at: readonly number[];
  readonly seconds?: number;
  readonly inGamut?: boolean;
  /** Decibels between the tampered and the clean set; null: they are equal. */
  readonly psnr?: number | null;
  /** What it failed with. */
  readonly error?: string;
}

/** What every table and chart of a sweep is made from; small enough to travel inside the page for its script. */
export interface SweepData {
  readonly factors: readonly Factor[];
  readonly axes: readonly Factor[];
  readonly trials: readonly ListedTrial[];
  readonly measurements: readonly Measurement[];
}

/**
 * Reduce a record to measurements.
 *
 * A repetition is a value of the repeating axes (seeds); networks of one trial share its attacked set and are averaged,
 * as they are no independent repetitions. Without such an axis each network is one. Trials that hold several networks or
 * lengths of training are split by them.
 */
export function sweepData(record: SweepRecord): SweepData {
  const varied = record.axes.filter((axis) => !axis.repeats);
  const repeating = record.axes.filter((axis) => axis.repeats && axis.values.length > 1);
  const inner = innerFactors(record);
  const place = new Map(record.axes.map(({ name, values }) => [name, new Map(values.map((value, i) => [value, i]))]));
  const indexOf = (trial: Trial, axis: string) => place.get(axis)?.get(trial.axes[axis]) ?? -1;
  const measurements = record.trials.flatMap((trial, i): Measurement[] => {
    if (trial.status === "failed") return [];
    const outer = varied.map(({ name }) => indexOf(trial, name));
    const repetition = repeating.map(({ name }) => String(trial.axes[name])).join(", ");
    return split(trial.evaluations, inner, repeating.length > 0).map(({ at, seed, results }) => ({
      trial: i,
      at: [...outer, ...at],
      seed: repeating.length > 0 ? repetition : seed,
      rates: columns.map(({ set, of }) =>
        mean(results.filter((result) => result.set === set).map((result) => of(result))),
      ),
    }));
  });
  const asText = ({ name, values }: SweepRecord["axes"][number]) => ({ name, values: values.map(String) });
  return {
    factors: [...varied.map(asText), ...inner.map(({ name, values }) => ({ name, values: values.map(String) }))],
    axes: record.axes.map(asText),
    trials: record.trials.map((trial) => ({
      id: trial.id,
      ...(trial.link && { link: trial.link }),
      at: record.axes.map(({ name }) => indexOf(trial, name)),
      ...(trial.status === "ok"
        ? { seconds: (trial.seconds.attack ?? 0) + trial.seconds.evaluation, ...looks(trial) }
        : { error: trial.error }),
    })),
    measurements,
  };
}

/** What evaluations of one trial may differ in besides seed and set. */
interface Inner {
  readonly name: string;
  readonly of: (result: NetworkResult) => string | number;
  readonly values: readonly (string | number)[];
}

function innerFactors({ axes, trials }: SweepRecord): Inner[] {
  const finished = trials.filter((trial) => trial.status === "ok");
  const candidates: Omit<Inner, "values">[] = [
    { name: "network", of: (result) => result.network },
    { name: "epochs", of: (result) => result.epochs },
  ];
  return candidates
    .filter(({ of }) => finished.some(({ evaluations }) => evaluations.some((r) => of(r) !== of(evaluations[0]))))
    .map(({ name, of }) => ({
      name: axes.some((axis) => axis.name === name) ? `receiver ${name}` : name,
      of,
      values: ordered(new Set(finished.flatMap(({ evaluations }) => evaluations.map(of)))),
    }));
}

/** Numbers by size, names as they come. */
function ordered(values: ReadonlySet<string | number>): (string | number)[] {
  const all = [...values];
  return all.every((value) => typeof value === "number") ? all.sort((a, b) => Number(a) - Number(b)) : all;
}

/** Split a trial's networks into repetitions: by the inner factors, and by seed unless an axis repeats. */
function split(evaluations: readonly NetworkResult[], inner: readonly Inner[], repeated: boolean) {
  const groups = new Map<string, { at: number[]; seed: string; results: NetworkResult[] }>();
  for (const result of evaluations) {
    const at = inner.map(({ of, values }) => values.indexOf(of(result)));
    const seed = repeated ? "" : String(result.seed);
    const name = JSON.stringify([at, seed]);
    const group = groups.get(name) ?? { at, seed, results: [] };
    group.results.push(result);
    groups.set(name, group);
  }
  return [...groups.values()];
}

/** Five digits are a thousandth of a point: finer than any test set, and half the page. */
function mean(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return null;
  return Math.round((1e5 * known.reduce((sum, value) => sum + value, 0)) / known.length) / 1e5;
}

/** How visible trigger and tampering are. */
function looks({ trigger, stealth }: FinishedTrial): Pick<ListedTrial, "inGamut" | "psnr"> {
  const decibels = stealth?.psnr;
  return {
    ...(trigger && { inGamut: trigger.inGamut }),
    ...(stealth && { psnr: typeof decibels === "number" ? Math.round(100 * decibels) / 100 : null }),
  };
}
