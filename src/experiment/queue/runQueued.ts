import { setTimeout } from "node:timers/promises";
import type { Job } from "bullmq";
import type { SweepManifest } from "../plan/manifest.ts";
import type { PlannedTrial } from "../plan/TrialConfig.ts";
import { outcomeOf, readOutcomes, type TrialOutcome, writeOutcome } from "../sweep/outcomes.ts";
import type { SweepOptions, SweepProgress } from "../sweep/runSweep.ts";
import { connected, loadBull, queueName, redisOptions } from "./redis.ts";

/** What a worker gets. */
export interface QueuedTrial {
  readonly trial: Pick<PlannedTrial, "id" | "config">;
  /** Where paths start from on the submitter's machine. */
  readonly base: string;
  /** Run it although the worker knows an outcome: that was a failure. */
  readonly again: boolean;
}

export interface QueueOptions extends Omit<SweepOptions, "jobs"> {
  readonly address: string;
  readonly password?: string;
  /** The queue is there, and trials go into it from now on. */
  readonly onConnected?: () => void;
  readonly onTrouble: (error: Error) => void;
}

// Chosen: workers take the next trial on their own; the submitter only has to fetch what is finished.
const pollMilliseconds = 300;
const pollsBetweenOffers = 20;
/** Chosen: a trial that killed three worker processes is recorded as failed. */
const attempts = 3;

/**
 * Have the open trials of a manifest run by the workers of a queue, and store what they return.
 *
 * A trial is a job whose id is the trial's: offered twice it is there once, and a worker that lost its job cannot deliver
 * it any more. Stopped and started again, it fetches what was finished meanwhile.
 *
 * @throws UsageError if there is no Redis; the signal's reason after Ctrl-C.
 */
export async function runQueued(manifest: SweepManifest, options: QueueOptions): Promise<Omit<SweepProgress, "trial">> {
  const { folder, signal } = options;
  const trials = options.trials ?? manifest.trials;
  const known = await readOutcomes(folder, trials, "aside");
  const open = new Map(
    trials
      .filter(({ id }) => {
        const outcome = known.get(id);
        return !outcome || (outcome.status === "failed" && options.retryFailed);
      })
      .map((trial) => [trial.id, trial]),
  );
  const failed = [...known].filter(([id, { status }]) => status === "failed" && !open.has(id)).length;
  const count = { done: trials.length - open.size, failed, total: trials.length };
  options.onProgress?.(count);
  if (open.size === 0) return count;

  const { Queue } = await loadBull();
  const connection = redisOptions(options.address, options.password);
  const queue = new Queue<QueuedTrial, TrialOutcome>(queueName(manifest.versions), { connection });
  try {
    await connected(queue, connection, options.onTrouble);
    options.onConnected?.();
    for (let polls = 0; open.size > 0; polls++) {
      signal?.throwIfAborted();
      if (polls % pollsBetweenOffers === 0)
        await queue.addBulk(
          [...open.values()].map(({ id, config }) => ({
            name: "trial",
            data: { trial: { id, config }, base: manifest.base, again: known.has(id) },
            opts: { jobId: jobId(id), attempts },
          })),
        );
      for (const job of await queue.getJobs(["completed", "failed"])) {
        const trial = open.get(job?.data?.trial.id);
        if (!trial) continue;
        const outcome = await outcomeOfJob(job, trial);
        await writeOutcome(folder, outcome);
        await job.remove();
        open.delete(trial.id);
        count.done++;
        if (outcome.status === "failed") count.failed++;
        options.onProgress?.({ ...count, trial });
      }
      if (open.size > 0) await setTimeout(pollMilliseconds, undefined, { signal }).catch(() => {});
    }
    return count;
  } finally {
    await queue.close();
  }
}

/** Job ids that look like numbers are refused by the queue, and a hash may. */
const jobId = (id: string): string => `trial-${id}`;

async function outcomeOfJob(job: Job<QueuedTrial, TrialOutcome>, trial: PlannedTrial): Promise<TrialOutcome> {
  if (job.returnvalue) return job.returnvalue;
  return outcomeOf(trial, {
    status: "failed",
    error: job.failedReason ?? "queue: failed job: expected a result, got none",
  });
}
