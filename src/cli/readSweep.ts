import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../core/errors.ts";

/**
 * Read the record of a sweep's folder, unchecked.
 *
 * @returns undefined if the folder holds none.
 * @throws DataError if it is not JSON.
 */
export async function readSweep(folder: string): Promise<unknown> {
  const path = join(folder, "sweep.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    return undefined;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`report: invalid ${path}: expected JSON, got ${(error as Error).message}`);
  }
}
