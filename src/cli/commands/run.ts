import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import * as z from "zod";
import type { SweepManifest } from "../../experiment/plan/manifest.ts";
import type { SweepProgress } from "../../experiment/sweep/runSweep.ts";
import type { TrialWork } from "../../experiment/sweep/TrialHooks.ts";
import { plannedSweep, queueOption, queuePassword, shardOf, sweepOptions } from "../options/sweepOptions.ts";
import { defineCommand } from "../shell/command.ts";
import { clock } from "../shell/progress.ts";
import { shellQuoted } from "../shell/shellQuoted.ts";

const who = "retort run";

/** Run the trials of an experiment file that have not been run yet. */
export const run = defineCommand({
  summary: "run an experiment file: every trial of its matrix, resumable",
  description: `Runs the trials of an experiment file in several processes. Every trial leaves one JSON in the sweep's folder and is never run
again; what trials share is computed once. At the end the results are merged as retort collect does. Ctrl-C or a kill loses at most the step at hand: the same command goes on, with the same results.
Exit status 1 means that trials have failed; the others are there.`,
  arguments: { "<experiment>": "experiment file (docs/experiments.md)" },
  options: z.object({
    ...sweepOptions,
    jobs: z.int().min(1).optional().describe("processes (default: cores divided by the threads of a trial)"),
    shard: z.string().optional().describe("only every n-th trial, from the i-th on: i/n"),
    queue: queueOption,
    retryFailed: z.boolean().default(false).describe("run trials again that have failed"),
  }),
  examples: [
    "run sweep.yaml",
    "run sweep.yaml --jobs 4 --out runs/sweep",
    "run sweep.yaml --smoke",
    "run sweep.yaml --shard 2/8",
    "run sweep.yaml --queue redis://queue.example:6379",
  ],
  async run({ args: [path], options, console, signal, commandLine }) {
    // What is refused is refused before a folder is made.
    const shard = options.shard === undefined ? undefined : shardOf(options.shard, who);
    if (options.queue !== undefined) await checkAddress(options.queue);
    const { manifest, folder } = await plannedSweep(path, options, who, { console, signal }, commandLine);
    const [{ openSweep, spelled }, { runSweep }, { shareDone }] = await Promise.all([
      import("../../experiment/plan/manifest.ts"),
      import("../../experiment/sweep/runSweep.ts"),
      import("../../experiment/sweep/TrialHooks.ts"),
    ]);
    // What is on a queue is run elsewhere.
    if (options.queue === undefined) await checkDevices(manifest);
    else if (!existsSync(join(folder, "manifest.json"))) await checkQueue(options.queue);
    await openSweep(folder, manifest);
    const trials = manifest.trials.filter((_, i) => !shard || i % shard.of === shard.index - 1);
    const cores = availableParallelism();
    const { threads } = manifest.trials[0].config;
    const jobs = options.jobs ?? Math.max(1, Math.floor(cores / threads));
    if (jobs * threads > cores)
      console.note(`${jobs} jobs of ${threads} threads share ${cores} cores: fewer would be as fast`);
    console.resumeWith(`the same command goes on in ${folder}`);
    const bar = console.progress("trials", trials.length);
    const common = {
      folder,
      trials,
      retryFailed: options.retryFailed,
      signal,
      onProgress({ done, failed, trial, running = [] }: SweepProgress) {
        const begun = running.reduce((sum, work) => sum + shareDone(work), 0);
        const at = running.map(({ trial, ...work }) => `${spelled(trial.axes)}: ${workText(work)}`);
        const note = [...at, trial && spelled(trial.axes), failed > 0 && `${failed} failed`];
        bar.update(done + begun, note.filter(Boolean).join(", "));
      },
    };
    const { queue } = options;
    const result = await (queue === undefined ? runSweep(manifest, { ...common, jobs }) : queued(queue)).finally(() =>
      bar.end(),
    );
    const { collectSweep } = await import("../../experiment/collect/collectSweep.ts");
    const { paths } = await collectSweep(folder, new Date());
    console.result({ folder, ...result, files: paths }, () => {
      console.line(`${result.done - result.failed} of ${result.total} trials finished${failedText(result.failed)}`);
      for (const path of paths) console.line(path);
      console.line(`retort report ${shellQuoted([folder])} draws them`);
    });
    return result.failed > 0 ? 1 : 0;

    async function queued(address: string) {
      const { runQueued } = await import("../../experiment/queue/runQueued.ts");
      return runQueued(manifest, {
        ...common,
        address,
        password: queuePassword(process.env),
        onConnected: () =>
          console.note(
            "trials are queued; start retort worker with the same --queue and the same version of Retort and Node",
          ),
        onTrouble: (error) => console.warn(`queue: ${error.message}`),
      });
    }
  },
});

/** @throws UsageError where this machine lacks the device of a trial. */
async function checkDevices({ trials }: SweepManifest): Promise<void> {
  const { workingDevice } = await import("../../engine/workingDevice.ts");
  for (const name of new Set(trials.map(({ config }) => config.device))) await workingDevice(name);
}

/** @throws UsageError where no queue answers: a new folder would hold nothing. */
async function checkQueue(address: string): Promise<void> {
  const { checkReachable } = await import("../../experiment/queue/redis.ts");
  await checkReachable(address, queuePassword(process.env));
}

/** @throws UsageError for what is no address of a queue. */
async function checkAddress(address: string): Promise<void> {
  const { redisOptions } = await import("../../experiment/queue/redis.ts");
  redisOptions(address);
}

/** "attack 40 %", "distillation 12:05 left". */
const workText = ({ part, done, total, seconds }: TrialWork): string =>
  seconds === undefined
    ? `${part} ${total > 0 ? Math.floor((100 * done) / total) : 0} %`
    : `${part} ${clock(seconds)} left`;

const failedText = (failed: number): string =>
  failed > 0 ? `, ${failed} failed: see retort status; --retry-failed runs them again` : "";
