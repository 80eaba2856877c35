import { join } from "node:path";
import { DataError } from "../../core/errors.ts";
import { handleDamage, readKept } from "../../disk/kept/keptFile.ts";
import { wasWritten } from "../../experiment/plan/sweepLog.ts";

/**
 * Read the record of a sweep's folder, unchecked.
 *
 * @returns undefined if the folder holds none.
 * @throws DataError if it is damaged, of another sweep, or not JSON.
 */
export async function readSweep(folder: string): Promise<unknown> {
  const path = join(folder, "sweep.json");
  const remedy = `retort collect ${folder} makes it again`;
  const content = await readKept(path, "sweep.json", {
    damaged: "refuse",
    unmarked: () => true,
    remedy,
  });
  if (content === undefined) return undefined;
  if (!(await wasWritten(folder, "collect", content)))
    await handleDamage(path, "the results of another sweep", "refuse", remedy);
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw new DataError(`report: invalid ${path}: expected JSON, got ${(error as Error).message}`);
  }
}
