import { decodeText } from "../core/decodeText.ts";
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
  return readBoundedText(path, who, what, mostBytes).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR")
      throw new UsageError(`${who}: missing ${what}: expected a file, got nothing at ${path || '""'}`);
    throw error;
  });
}

/** Read any text that is named: a key, a certificate, digests. @throws as readText, but the operating system's error where nothing is there. */
export async function readBoundedText(path: string, who: string, what: string, most?: number): Promise<string> {
  const read = decodeText(await readBounded(path, who, what, most));
  if ("text" in read) return read.text;
  throw new UsageError(`${who}: invalid ${what} ${path}: expected text in UTF-8 or UTF-16, got ${read.wrong}`);
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
