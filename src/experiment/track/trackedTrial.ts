import type { SweepRecord } from "../../report/sweep/sweepRecord.ts";

/** One number of one network, as experiment trackers want it. */
export interface TrackedMetric {
  /** "tampered/asr". */
  readonly name: string;
  /** A fraction. */
  readonly value: number;
  /** Number of the network among those of its trial and set. */
  readonly step: number;
}

/** One trial, as experiment trackers want it. */
export interface TrackedTrial {
  readonly id: string;
  /** "trigger=white3 seed=1"; the id for a sweep without axes. */
  readonly name: string;
  /** Every setting as text, by its path: "attack.options.alpha". */
  readonly settings: ReadonlyMap<string, string>;
  readonly metrics: readonly TrackedMetric[];
  readonly error?: string;
}

/** What trackers get of each trial of a sweep. */
export function trackedTrials(sweep: SweepRecord): TrackedTrial[] {
  return sweep.trials.map((trial) => ({
    id: trial.id,
    name:
      Object.entries(trial.axes)
        .map(([axis, value]) => `${axis}=${value}`)
        .join(" ") || trial.id,
    settings: new Map(leaves(trial.config)),
    metrics: trial.status === "ok" ? trial.evaluations.flatMap(metricsOf) : [],
    ...(trial.status === "failed" && { error: trial.error }),
  }));
}

type Evaluation = Extract<SweepRecord["trials"][number], { status: "ok" }>["evaluations"][number];

function metricsOf({ network: _, epochs: __, set, seed, ...rates }: Evaluation): TrackedMetric[] {
  return Object.entries(rates).map(([name, value]) => ({ name: `${set}/${name}`, value, step: Number(seed) }));
}

function leaves(value: unknown, path = ""): [string, string][] {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path ? `${path}.${name}` : name));
}
