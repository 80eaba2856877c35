import type { SweepManifest } from "../plan/manifest.ts";
import type { PlannedTrial } from "../plan/TrialConfig.ts";
import { outcomeOf, readOutcomes, writeOutcome } from "./outcomes.ts";
import { Schedule } from "./Schedule.ts";
import type { TrialWork } from "./TrialHooks.ts";
import { TrialPool, WorkerLost } from "./TrialPool.ts";

/** Chosen: a trial that kills its process three times (out of memory, a crash of the runtime) is recorded as failed. */
const attempts = 3;

export interface SweepProgress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  /** What ended just now. */
  readonly trial?: PlannedTrial;
  /** What is being run, and what it is at; told about once a second. */
  readonly running?: readonly (TrialWork & { readonly trial: PlannedTrial })[];
}

export interface SweepOptions {
  readonly folder: string;
  readonly jobs: number;
  /** Only these trials; default: all of the manifest. */
  readonly trials?: readonly PlannedTrial[];
  /** Run trials again that have failed before. */
  readonly retryFailed?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
}

/**
 * Run the trials of a manifest that have no outcome yet, each in one of `jobs` processes.
 *
 * A trial that fails is recorded and the rest goes on. Killed at any moment, the same call goes on with the same results.
 *
 * @throws the signal's reason after Ctrl-C, the system's error if the machine refuses (a full disk): both leave whole files.
 */
export async function runSweep(
  manifest: SweepManifest,
  options: SweepOptions,
): Promise<Omit<SweepProgress, "trial" | "running">> {
  const { folder, signal, jobs } = options;
  const trials = options.trials ?? manifest.trials;
  const known = await readOutcomes(folder, trials, "aside");
  const open = trials.filter(({ id }) => {
    const outcome = known.get(id);
    return !outcome || (outcome.status === "failed" && options.retryFailed);
  });
  const failures = trials.filter((trial) => known.get(trial.id)?.status === "failed" && !open.includes(trial));
  const count = { done: trials.length - open.length, failed: failures.length, total: trials.length };
  options.onProgress?.(count);
  if (open.length === 0) return count;

  const schedule = new Schedule(open);
  const { base, versions } = manifest;
  let wake = () => {};
  const at = new Map<number, PlannedTrial>();
  const works = new Map<PlannedTrial, TrialWork>();
  const pool = new TrialPool(
    { folder, base, versions },
    {
      onStage(key) {
        schedule.finishStage(key);
        wake();
      },
      onWork(process, work) {
        const trial = at.get(process);
        if (!trial) return;
        works.set(trial, work);
        options.onProgress?.({ ...count, running: [...works].map(([trial, work]) => ({ trial, ...work })) });
      },
    },
  );
  const tries = new Map<string, number>();
  const running = new Set<Promise<void>>();
  const idle = new Set(Array.from({ length: jobs }, (_, process) => process));
  let refusal: unknown;

  const perform = async (trial: PlannedTrial, process: number): Promise<void> => {
    at.set(process, trial);
    try {
      const status = await pool.run(trial, process).finally(() => {
        at.delete(process);
        works.delete(trial);
      });
      if (status === "failed") count.failed++;
    } catch (error) {
      if (signal?.aborted) return;
      if (!(error instanceof WorkerLost)) throw error;
      const tried = (tries.get(trial.id) ?? 0) + 1;
      tries.set(trial.id, tried);
      if (tried < attempts) return schedule.again(trial);
      await writeOutcome(folder, outcomeOf(trial, { status: "failed", error: `${error.message}, ${attempts} times` }));
      count.failed++;
    }
    schedule.release(trial);
    count.done++;
    options.onProgress?.({ ...count, trial });
  };

  const stopped = () => refusal !== undefined || signal?.aborted === true;
  const interrupted = new Promise<void>((resolve) =>
    signal?.addEventListener("abort", () => resolve(), { once: true }),
  );
  try {
    // All at once: the first trial may make others wait for a stage, and loading takes its time.
    for (const process of [...idle].slice(0, open.length)) pool.start(process);
    while (!stopped() && (schedule.left > 0 || running.size > 0)) {
      for (const process of [...idle]) {
        const trial = schedule.next(process);
        if (!trial) continue;
        idle.delete(process);
        const work: Promise<void> = perform(trial, process)
          .catch((error: unknown) => {
            refusal ??= error;
          })
          .finally(() => {
            running.delete(work);
            idle.add(process);
          });
        running.add(work);
      }
      const stage = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([...running, stage, interrupted]);
    }
  } finally {
    await pool.close();
    await Promise.all(running);
  }
  signal?.throwIfAborted();
  if (refusal !== undefined) throw refusal;
  return count;
}
