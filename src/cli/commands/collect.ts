import process from "node:process";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { SweepRecord } from "../../report/sweep/sweepRecord.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";

/** Merge the results of a sweep. */
export const collect = defineCommand({
  summary: "merge a sweep's results into one record and one table",
  description: `Writes into the sweep's folder: sweep.json (everything that was measured, what a report is made of) and sweep.csv and sweep.parquet
(a row for every network). Trials that have not run yet are left out.
retort run does this at its end; collect is for what was run elsewhere, and for trackers. A token of MLflow may stand in MLFLOW_TRACKING_TOKEN.`,
  arguments: { "<folder>": "folder of retort run" },
  options: z.object({
    mlflow: z.string().optional().describe("also log every trial to the MLflow server at this address"),
    tensorboard: z.string().optional().describe("also write event files for TensorBoard into this folder"),
  }),
  examples: [
    "collect runs/sweep",
    "collect runs/sweep --tensorboard runs/tensorboard",
    "collect runs/sweep --mlflow http://localhost:5000",
  ],
  async run({ args: [folder], options, console }) {
    // Where it shall go is checked before anything is written.
    if (options.mlflow !== undefined && !(/^https?:/i.test(options.mlflow) && URL.canParse(options.mlflow)))
      throw new UsageError(
        `retort collect: invalid --mlflow: expected an address that begins with https:// or http://, got ${JSON.stringify(options.mlflow)}`,
      );
    if (options.tensorboard !== undefined)
      await (await import("../../disk/makeFolder.ts")).checkFolder(options.tensorboard);
    if (options.mlflow !== undefined) await checkServer(folder, options.mlflow);
    const { collectSweep } = await import("../../experiment/collect/collectSweep.ts");
    const now = new Date();
    const { sweep, table, paths: written } = await collectSweep(folder, now);
    const paths = [...written];
    if (options.tensorboard !== undefined) {
      const { writeTensorBoard } = await import("../../experiment/track/tensorBoard.ts");
      paths.push(...(await writeTensorBoard(options.tensorboard, sweep, now.getTime() / 1000)));
    }
    const runs = options.mlflow === undefined ? undefined : await logged(options.mlflow, sweep, now, console);
    const failed = sweep.trials.filter((trial) => trial.status === "failed").length;
    console.result(
      {
        trials: sweep.trials.length,
        planned: sweep.planned,
        failed,
        rows: table.lines.length,
        files: paths,
        ...(runs !== undefined && { mlflowRuns: runs }),
      },
      () => {
        console.line(`${sweep.trials.length} of ${sweep.planned} trials, ${failed} failed, ${table.lines.length} rows`);
        for (const path of paths) console.line(path);
        if (runs !== undefined) console.line(`${runs} runs logged to ${options.mlflow}`);
      },
    );
    return 0;
  },
});

/** @throws UsageError where no server answers: found before anything is written. */
async function checkServer(folder: string, url: string): Promise<void> {
  const [{ checkMlflow }, { readManifest }] = await Promise.all([
    import("../../experiment/track/mlflow.ts"),
    import("../../experiment/plan/manifest.ts"),
  ]);
  const { title } = await readManifest(folder);
  await checkMlflow(title, { url, token: process.env.MLFLOW_TRACKING_TOKEN });
}

/** Log to MLflow, with a bar. @returns how many runs were new. */
async function logged(url: string, sweep: SweepRecord, now: Date, console: Console): Promise<number> {
  const { logToMlflow } = await import("../../experiment/track/mlflow.ts");
  const bar = console.progress("mlflow", sweep.trials.length);
  const token = process.env.MLFLOW_TRACKING_TOKEN;
  const onTrial = (done: number) => bar.update(done);
  return logToMlflow(sweep, { url, token, time: now.getTime(), onTrial }).finally(() => bar.end());
}
