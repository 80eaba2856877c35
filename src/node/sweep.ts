import { availableParallelism } from "node:os";
import { sweepRecordOf } from "../experiment/collect/sweepRecordOf.ts";
import { openSweep, planExperiment } from "../experiment/plan/manifest.ts";
import { readExperiment } from "../experiment/plan/readExperiment.ts";
import { readOutcomes } from "../experiment/sweep/outcomes.ts";
import { runSweep, type SweepProgress } from "../experiment/sweep/runSweep.ts";
import type { SweepRecord } from "../report/sweep/sweepRecord.ts";

export interface SweepSettings {
  /** Where results are kept; the same call goes on in it. */
  readonly folder: string;
  /** Processes. Default: as many as the machine has cores for. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
  /** What the record says of the time it was made: ISO 8601. Default: nothing. */
  readonly created?: string;
}

/**
 * Run an experiment: every trial of its matrix of sets, attacks, triggers, networks, strategies and seeds, resumable.
 *
 * @param experiment as an experiment file has it (docs/experiments.md), as an object or as YAML
 * @returns what a report is made of: `renderSweepHtml(await sweep(…))`.
 * @throws UsageError for an experiment that cannot be run, before any work; the signal's reason once it is aborted.
 * @example
 * const record = await sweep({ title: "Shares", …, matrix: { "attack.stamp.share": [0.2, 0.5] } }, { folder: "runs/shares" });
 */
export async function sweep(experiment: object | string, settings: SweepSettings): Promise<SweepRecord> {
  const { folder, jobs, signal, onProgress, created } = settings;
  // JSON is YAML.
  const text = typeof experiment === "string" ? experiment : JSON.stringify(experiment);
  const manifest = await planExperiment(readExperiment(text, "experiment"));
  await openSweep(folder, manifest);
  const { threads } = manifest.trials[0].config;
  await runSweep(manifest, {
    folder,
    jobs: jobs ?? Math.max(1, Math.floor(availableParallelism() / threads)),
    signal,
    onProgress,
  });
  return sweepRecordOf(manifest, await readOutcomes(folder, manifest.trials), created);
}
