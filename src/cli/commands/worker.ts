import { join } from "node:path";
import process from "node:process";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { queueOption, queuePassword } from "../options/sweepOptions.ts";
import { defineCommand } from "../shell/command.ts";

const who = "retort worker";

/** Run trials that others submit. */
export const worker = defineCommand({
  summary: "run trials from a queue, on this machine, for as long as it is wanted",
  description: `Takes trials from a queue on Redis that retort run --queue fills, and returns the results through it. Any number of workers on any
machines may do so; they must see the files that the trials read, which are checked by digest. Ctrl-C finishes the trials at hand and leaves; a
worker that dies or is cut off loses its trials to others. The password of Redis may stand in RETORT_QUEUE_PASSWORD.`,
  options: z.object({
    queue: queueOption,
    out: z
      .string()
      .default(join("runs", "worker"))
      .describe("where stages are kept; the sweep's folder where it is shared"),
    base: z.string().optional().describe("folder that paths of trials start from (default: the submitter's)"),
    jobs: z.int().min(1).default(1).describe("trials at a time"),
    lease: z.number().min(1).default(30).describe("seconds after which a silent worker's trials go to others"),
  }),
  examples: [
    "worker --queue redis://queue.example:6379",
    "worker --queue rediss://queue.example --jobs 4 --out /shared/sweep",
  ],
  async run({ options, console, signal }) {
    const { queue, ...rest } = options;
    if (queue === undefined) throw new UsageError(`${who}: missing --queue: expected redis://host:port, got none`);
    const [{ serveQueue }, { versions }] = await Promise.all([
      import("../../experiment/queue/serveQueue.ts"),
      import("../../run/versions.ts"),
    ]);
    const { out: folder, ...serve } = rest;
    const finished = await serveQueue({
      ...serve,
      folder,
      address: queue,
      password: queuePassword(process.env),
      versions: versions("cpu", 1),
      signal,
      onDone: (id, status) => console.note(`${id} ${status}`),
      onTrouble: (error) => console.warn(`queue: ${error.message}`),
    });
    console.result({ finished }, () => console.line(`${finished} trials finished`));
    return 0;
  },
});
