import { join } from "node:path";
import { DataError } from "../../core/errors.ts";
import { readKept } from "../../disk/kept/keptFile.ts";

/**
 * Read the record of a sweep's folder, unchecked.
 *
 * @returns undefined if the folder holds none.
 * @throws DataError if it is damaged or not JSON.
 */
export async function readSweep(folder: string): Promise<unknown> {
  const path = join(folder, "sweep.json");
  const content = await readKept(path, "sweep.json", {
    damaged: "refuse",
    unmarked: () => true,
    remedy: `retort collect ${folder} makes it again`,
  });
  if (content === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw new DataError(`report: invalid ${path}: expected JSON, got ${(error as Error).message}`);
  }
}
