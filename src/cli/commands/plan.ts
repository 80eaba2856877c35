import { basename } from "node:path";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { SweepManifest } from "../../experiment/plan/manifest.ts";
import { plannedSweep, type SweepChoice, sweepOptions } from "../options/sweepOptions.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { clock } from "../shell/progress.ts";

const who = "retort plan";

/** Say what an experiment file asks for. */
export const plan = defineCommand({
  summary: "print the trials of an experiment file and write its manifest",
  description: `Checks an experiment file, prints its trials and writes manifest.json into the sweep's folder: every trial with its complete settings
and the hash of its content. Times are estimates: each part is tried for a moment on this machine and extrapolated; --no-estimate skips that.`,
  arguments: { "[experiment]": "experiment file (docs/experiments.md)" },
  options: z.object({
    ...sweepOptions,
    estimate: z.boolean().default(true).describe("estimate how long the trials take"),
    emit: z
      .enum(["bash", "slurm", "k8s"])
      .optional()
      .describe("print an array job that runs the plan instead of its trials"),
    shards: z.int().min(1).default(4).describe("parts of the array job"),
    program: z.string().default("retort").describe("how retort is started there, as the shell reads it"),
    image: z.string().default("retort:latest").describe("container image of the array job (k8s)"),
    schema: z.boolean().default(false).describe("print the JSON Schema of experiment files instead, for editors"),
  }),
  readWhen: [
    ...["shards", "program"].map((option) => ({
      option,
      read: ({ emit }: { emit?: string }) => emit !== undefined,
      by: "--emit",
    })),
    { option: "image", read: ({ emit }) => emit === "k8s", by: "--emit k8s" },
    ...["size", "smoke", "out", "emit"].map((option) => ({
      option,
      read: ({ schema }: { schema: boolean }) => !schema,
      by: "an experiment, not with --schema",
    })),
  ],
  examples: [
    "plan sweep.yaml",
    "plan sweep.yaml --smoke --json",
    "plan sweep.yaml --emit slurm --shards 16 > job.sh",
    "plan --schema",
  ],
  async run({ args: [path], options, console, signal }) {
    if (options.schema) {
      if (path !== undefined)
        throw new UsageError(`${who}: invalid experiment: expected none with --schema, got ${path}`);
      const { experimentJsonSchema } = await import("../../experiment/plan/experimentSchema.ts");
      const schema = experimentJsonSchema();
      console.result(schema, () => console.line(JSON.stringify(schema, null, 2)));
      return 0;
    }
    if (path === undefined) throw new UsageError(`${who}: missing experiment: expected an experiment file, got none`);
    const { manifest, folder } = await plannedSweep(path, options, who, { console, signal });
    const { openSweep } = await import("../../experiment/plan/manifest.ts");
    await openSweep(folder, manifest);
    const { trials, axes, base } = manifest;
    if (options.emit) {
      const script = await arrayJob(path, folder, manifest, options);
      console.result({ folder, script }, () => console.line(script.trimEnd()));
      return 0;
    }
    const seconds = options.estimate ? await estimates(manifest, console, signal) : undefined;
    const total = seconds?.reduce((sum, one) => sum + one, 0);
    const rows = trials.map((trial, i) => ({ ...trial, ...(seconds && { estimatedSeconds: seconds[i] }) }));
    console.result({ folder, base, ...(seconds && { estimatedSeconds: total }), trials: rows }, () => {
      console.table(rows, [
        { title: "trial", of: ({ id }) => id },
        ...axes.map(({ name }) => ({ title: name, of: (trial: (typeof rows)[0]) => String(trial.axes[name]) })),
        ...(seconds
          ? [
              {
                title: "about",
                align: "right" as const,
                of: (trial: (typeof rows)[0]) => about(trial.estimatedSeconds ?? 0),
              },
            ]
          : []),
      ]);
      console.line(
        total === undefined
          ? `${trials.length} trials`
          : `${trials.length} ${trials.length === 1 ? "trial" : "trials"}, about ${about(total)} of work for one process (an estimate; what trials share is counted with the first)`,
      );
    });
    return 0;
  },
});

type Emission = SweepChoice & { emit?: "bash" | "slurm" | "k8s"; shards: number; program: string; image: string };

/** A script whose parts run the plan in one folder. */
async function arrayJob(path: string, folder: string, manifest: SweepManifest, options: Emission): Promise<string> {
  const { emitters } = await import("../../experiment/emit/emitters.ts");
  const { threads } = manifest.trials[0].config;
  const size = options.smoke ? "smoke" : options.size;
  return emitters[options.emit!]({
    name: basename(folder).replace(/[^\w.-]+/g, "-"),
    program: options.program,
    words: ["run", path, ...(size === undefined ? [] : ["--size", size]), "--out", folder, "--jobs", "1"],
    shards: Math.min(options.shards, manifest.trials.length),
    cores: threads,
    image: options.image,
  });
}

/** "0.4 s", "12:05". */
const about = (seconds: number): string => (seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds));

/** Seconds of each trial, with a bar. */
async function estimates({ trials, base }: SweepManifest, console: Console, signal: AbortSignal): Promise<number[]> {
  const [{ CostMeter }, { estimate }, { Inputs }] = await Promise.all([
    import("../../experiment/plan/measureCosts.ts"),
    import("../../experiment/plan/estimate.ts"),
    import("../../experiment/plan/Inputs.ts"),
  ]);
  const meter = new CostMeter(new Inputs(base));
  const bar = console.progress("estimate", trials.length);
  const costs = [];
  for (const { config } of trials) {
    costs.push(await meter.of(config));
    bar.update(costs.length);
    signal.throwIfAborted();
  }
  bar.end();
  return estimate(trials, costs);
}
