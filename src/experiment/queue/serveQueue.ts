import type { Job } from "bullmq";
import { DataError } from "../../core/errors.ts";
import type { Versions } from "../../run/versions.ts";
import { readOutcome, type TrialOutcome } from "../sweep/outcomes.ts";
import { TrialPool, WorkerLost } from "../sweep/TrialPool.ts";
import { connected, loadBull, queueName, redisOptions } from "./redis.ts";
import type { QueuedTrial } from "./runQueued.ts";

export interface ServeOptions {
  readonly address: string;
  readonly password?: string;
  /** Where stages and outcomes are kept; the sweep's own folder where it is shared. */
  readonly folder: string;
  /** Where paths of trials start from on this machine; default: where the submitter said. */
  readonly base?: string;
  readonly jobs: number;
  /** Seconds after which the trial of a silent worker is given to another. */
  readonly lease: number;
  readonly versions: Versions;
  /** Ends the service: trials at hand are finished, no new ones are taken. */
  readonly signal: AbortSignal;
  readonly onDone: (id: string, status: TrialOutcome["status"]) => void;
  readonly onTrouble: (error: Error) => void;
}

/** Chosen: a trial may lose its worker this often before it is recorded as failed; machines of a cluster come and go. */
const maxStalledCount = 10;

/**
 * Run trials of a queue until the signal says stop. Trials run in processes of their own, so that this one can keep telling
 * the queue that it lives.
 *
 * @throws UsageError if there is no Redis; the system's error if this machine refuses (a full disk), after giving the trial back.
 */
export async function serveQueue(options: ServeOptions): Promise<number> {
  const { folder, versions, lease } = options;
  const { Worker } = await loadBull();
  const connection = redisOptions(options.address, options.password);
  const pools = new Map<string, TrialPool>();
  const idle = Array.from({ length: options.jobs }, (_, process) => process);
  let refusal: unknown;
  let finished = 0;
  let refuse = () => {};

  const perform = async ({ data: { trial, base, again } }: Job<QueuedTrial, TrialOutcome>): Promise<TrialOutcome> => {
    const place = options.base ?? base;
    const pool = pools.get(place) ?? new TrialPool({ folder, base: place, versions });
    pools.set(place, pool);
    const process = idle.pop()!;
    try {
      if (again || !(await readOutcome(folder, trial.id, "aside"))) await pool.run(trial, process);
    } catch (error) {
      if (!(error instanceof WorkerLost)) {
        refusal ??= error;
        refuse();
      }
      throw error;
    } finally {
      idle.push(process);
    }
    const outcome = await readOutcome(folder, trial.id);
    if (!outcome) throw new DataError(`queue: missing outcome of ${trial.id}: expected one in ${folder}, got none`);
    finished++;
    options.onDone(trial.id, outcome.status);
    return outcome;
  };

  const worker = new Worker<QueuedTrial, TrialOutcome>(queueName(versions), perform, {
    connection,
    concurrency: options.jobs,
    lockDuration: 1000 * lease,
    stalledInterval: 500 * lease,
    maxStalledCount,
    autorun: false,
  });
  try {
    await connected(worker, connection, options.onTrouble);
    const working = worker.run();
    await new Promise<void>((stop) => {
      refuse = stop;
      options.signal.addEventListener("abort", () => stop(), { once: true });
      if (options.signal.aborted) stop();
    });
    // Waits for the trials at hand.
    await worker.close();
    await working;
  } finally {
    await worker.close(true);
    for (const pool of pools.values()) await pool.close();
  }
  if (refusal !== undefined) throw refusal;
  return finished;
}
