import { join } from "node:path";
import { z } from "zod";
import { defineCommand } from "../command.ts";

/** Merge the results of a sweep. */
export const collect = defineCommand({
  summary: "merge a sweep's results into one record and one table",
  description: `Writes into the sweep's folder: sweep.json (everything that was measured, what a report is made of) and sweep.csv and sweep.parquet
(a row for every network). Trials that have not run yet are left out.`,
  arguments: { "<folder>": "folder of retort run" },
  options: z.object({}),
  examples: ["collect runs/sweep"],
  async run({ args: [folder], console }) {
    const [
      { readManifest },
      { readOutcomes },
      { sweepRecordOf },
      { renderSweepCsv, sweepTable },
      { toParquet },
      { writeAtomic },
    ] = await Promise.all([
      import("../../experiment/plan/manifest.ts"),
      import("../../experiment/sweep/outcomes.ts"),
      import("../../experiment/collect/sweepRecordOf.ts"),
      import("../../report/sweep/csv.ts"),
      import("../../experiment/collect/toParquet.ts"),
      import("../../experiment/writeAtomic.ts"),
    ]);
    const manifest = await readManifest(folder);
    const sweep = sweepRecordOf(manifest, await readOutcomes(folder, manifest.trials), new Date().toISOString());
    const table = sweepTable(sweep);
    const files = {
      "sweep.json": `${JSON.stringify(sweep)}\n`,
      "sweep.csv": renderSweepCsv(sweep),
      "sweep.parquet": toParquet(table),
    };
    for (const [name, content] of Object.entries(files)) await writeAtomic(join(folder, name), content);
    const paths = Object.keys(files).map((name) => join(folder, name));
    const failed = sweep.trials.filter((trial) => trial.status === "failed").length;
    console.result(
      { trials: sweep.trials.length, planned: sweep.planned, failed, rows: table.lines.length, files: paths },
      () => {
        console.line(`${sweep.trials.length} of ${sweep.planned} trials, ${failed} failed, ${table.lines.length} rows`);
        for (const path of paths) console.line(path);
      },
    );
    return 0;
  },
});
