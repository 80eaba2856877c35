import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import type { SweepRecord } from "../../report/sweep/sweepRecord.ts";
import { defineCommand } from "../command.ts";
import type { Console } from "../console.ts";

/** Merge the results of a sweep. */
export const collect = defineCommand({
  summary: "merge a sweep's results into one record and one table",
  description: `Writes into the sweep's folder: sweep.json (everything that was measured, what a report is made of) and sweep.csv and sweep.parquet
(a row for every network). Trials that have not run yet are left out. A token of MLflow may stand in MLFLOW_TRACKING_TOKEN.`,
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
    const [
      { readManifest },
      { readOutcomes },
      { sweepRecordOf },
      { renderSweepCsv, sweepTable },
      { toParquet },
      { writeAtomic },
      { writeKept },
    ] = await Promise.all([
      import("../../experiment/plan/manifest.ts"),
      import("../../experiment/sweep/outcomes.ts"),
      import("../../experiment/collect/sweepRecordOf.ts"),
      import("../../report/sweep/csv.ts"),
      import("../../experiment/collect/toParquet.ts"),
      import("../../experiment/writeAtomic.ts"),
      import("../../experiment/kept/keptFile.ts"),
    ]);
    const now = new Date();
    const manifest = await readManifest(folder);
    const sweep = sweepRecordOf(manifest, await readOutcomes(folder, manifest.trials), now.toISOString());
    const table = sweepTable(sweep);
    // The record is read back, by report.
    await writeKept(join(folder, "sweep.json"), `${JSON.stringify(sweep)}\n`, "sweep.json");
    const files = {
      "sweep.csv": renderSweepCsv(sweep),
      "sweep.parquet": toParquet(table),
    };
    for (const [name, content] of Object.entries(files)) await writeAtomic(join(folder, name), content);
    const paths = ["sweep.json", ...Object.keys(files)].map((name) => join(folder, name));
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

/** Log to MLflow, with a bar. @returns how many runs were new. */
async function logged(url: string, sweep: SweepRecord, now: Date, console: Console): Promise<number> {
  const { logToMlflow } = await import("../../experiment/track/mlflow.ts");
  const bar = console.progress("mlflow", sweep.trials.length);
  const token = process.env.MLFLOW_TRACKING_TOKEN;
  const onTrial = (done: number) => bar.update(done);
  return logToMlflow(sweep, { url, token, time: now.getTime(), onTrial }).finally(() => bar.end());
}
