import { DataError } from "../../core/errors.ts";
import type { SourceFile } from "../Format.ts";
import { Budget } from "../limits.ts";
import { readDirectory } from "./directory.ts";

/** 256 MiB. Chosen: a directory of a million entries fits. */
const peekBytes = 2 ** 28;

/**
 * List the names in a zip's directory for `detect`, without checking anything.
 *
 * @returns undefined if the file does not begin as a zip; an empty list if it does but has no readable directory.
 */
export async function peekZip(file: SourceFile): Promise<readonly string[] | undefined> {
  if (!(await beginsWith(file, [0x50, 0x4b, 3, 4]))) return undefined;
  try {
    const { records } = await readDirectory(file, new Budget(peekBytes), "peekZip");
    return records.map((record) => record.name);
  } catch (error) {
    if (error instanceof DataError) return [];
    throw error;
  }
}

/** Does a file begin with these bytes? */
export async function beginsWith(file: SourceFile, magic: readonly number[], at = 0): Promise<boolean> {
  if (file.size < at + magic.length) return false;
  const head = await file.read(at, magic.length);
  return magic.every((byte, i) => head[i] === byte);
}
