import { join } from "node:path";
import { writeKept } from "../../disk/kept/keptFile.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import { renderSweepCsv, type SweepTable, sweepTable } from "../../report/sweep/csv.ts";
import type { SweepRecord } from "../../report/sweep/sweepRecord.ts";
import { readManifest } from "../plan/manifest.ts";
import { noteWritten } from "../plan/sweepLog.ts";
import { readOutcomes } from "../sweep/outcomes.ts";
import { sweepRecordOf } from "./sweepRecordOf.ts";
import { toParquet } from "./toParquet.ts";

/** What became of a sweep so far, and where it was written. */
export interface Collected {
  readonly sweep: SweepRecord;
  readonly table: SweepTable;
  readonly paths: readonly string[];
}

/**
 * Merge the results in a sweep's folder into `sweep.json`, `sweep.csv` and `sweep.parquet` there.
 *
 * @throws UsageError if the folder is none of a sweep; DataError if its plan is damaged.
 */
export async function collectSweep(folder: string, now: Date): Promise<Collected> {
  const manifest = await readManifest(folder);
  const sweep = sweepRecordOf(manifest, await readOutcomes(folder, manifest.trials), now.toISOString());
  const table = sweepTable(sweep);
  // The record is read back, by report.
  const content = `${JSON.stringify(sweep)}\n`;
  await noteWritten(folder, "collect", content);
  await writeKept(join(folder, "sweep.json"), content, "sweep.json");
  const files = {
    "sweep.csv": renderSweepCsv(sweep),
    "sweep.parquet": toParquet(table),
  };
  for (const [name, content] of Object.entries(files)) await writeAtomic(join(folder, name), content);
  return { sweep, table, paths: ["sweep.json", ...Object.keys(files)].map((name) => join(folder, name)) };
}
