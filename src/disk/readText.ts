import { UsageError } from "../core/errors.ts";
import { readBounded } from "./readBounded.ts";

/** Chosen: files that people write have kilobytes. */
const mostBytes = 16 * 2 ** 20;

/**
 * Read a text file that a person wrote: settings, an experiment, a statement.
 *
 * @param what the file is, for errors: "experiment".
 * @throws UsageError that names the file, where it is missing, a folder, not text, or too long.
 */
export async function readText(path: string, who: string, what: string): Promise<string> {
  const place = `${who}: invalid ${what} ${path}`;
  const bytes = await readBounded(path, who, what, mostBytes).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR")
      throw new UsageError(`${who}: missing ${what}: expected a file, got nothing at ${path || '""'}`);
    throw error;
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${place}: expected text in UTF-8, got other bytes`);
  }
}

/** Read a JSON file that a person wrote. @throws UsageError that names the file and says what is wrong where. */
export async function readJsonText(path: string, who: string, what: string): Promise<unknown> {
  const text = await readText(path, who, what);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The engine repeats a piece of the text, which may be anything.
    const message = (error as Error).message.replace(/\s+/g, " ").slice(0, 160);
    throw new UsageError(`${who}: invalid ${what} ${path}: expected JSON, got: ${message}`);
  }
}
