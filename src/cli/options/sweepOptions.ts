import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { Console } from "../shell/console.ts";
import type { Bar } from "../shell/progress.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

/** Flags of the commands that read an experiment file. */
export const sweepOptions = {
  size: z.string().optional().describe("a size that the file names under sizes: instead of the file as it stands"),
  smoke: z.boolean().default(false).describe("the same as --size smoke"),
  out: z.string().optional().describe("the sweep's folder (default: runs/ and the file's name)"),
};

export type SweepChoice = z.infer<z.ZodObject<typeof sweepOptions>>;

/** Where trials are queued. */
export const queueOption = z
  .string()
  .optional()
  .describe("Redis of a queue: redis://[user:password@]host:port, rediss:// over TLS");

/** The password of Redis, where it is not in the address: command lines can be read by others. */
export const queuePassword = (environment: NodeJS.ProcessEnv): string | undefined => environment.RETORT_QUEUE_PASSWORD;

/** Read and resolve an experiment file at the size that a person chose. */
export async function plannedSweep(
  path: string,
  { size, smoke, out }: SweepChoice,
  who: string,
  { console, signal }: { readonly console: Console; readonly signal: AbortSignal },
  commandLine?: string,
) {
  if (smoke && size !== undefined && size !== "smoke")
    throw new UsageError(`${who}: invalid --smoke: expected one size, got also --size ${size}`);
  const [{ readText }, { readExperiment }, { planExperiment }] = await Promise.all([
    import("../../disk/readText.ts"),
    import("../../experiment/plan/readExperiment.ts"),
    import("../../experiment/plan/manifest.ts"),
  ]);
  const chosen = smoke ? "smoke" : size;
  const experiment = readExperiment(await readText(path, who, "experiment"), path, chosen);
  const stem = basename(path).replace(/\.[^.]*$/, "");
  const folder = out ?? join("runs", chosen === undefined ? stem : `${stem}-${chosen}`);
  if (existsSync(join(folder, "config.json")))
    throw new UsageError(`${who}: invalid folder ${folder}: expected a new one or that of a sweep, got that of a run`);
  let bar: Bar | undefined;
  const onTrial = (done: number, total: number) => {
    if (total < longPlan) return;
    bar ??= console.progress("plan", total);
    bar.update(done);
  };
  const hooks = { ...whiteningHooks(console, signal), onTrial };
  return { manifest: await planExperiment(experiment, hooks, commandLine).finally(() => bar?.end()), folder };
}

/** Chosen: fewer trials are planned within two seconds. */
const longPlan = 500;

/** `--shard 2/8` as numbers. */
export function shardOf(text: string, who: string): { index: number; of: number } {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!(index >= 1 && index <= of))
    throw new UsageError(`${who}: invalid --shard: expected i/n with i from 1 to n, got ${JSON.stringify(text)}`);
  return { index, of };
}
