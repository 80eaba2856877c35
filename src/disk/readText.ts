import { open } from "node:fs/promises";
import { UsageError } from "../core/errors.ts";

/** Chosen: files that people write have kilobytes; a device that never ends must not fill the memory. */
const mostBytes = 16 * 2 ** 20;

/**
 * Read a text file that a person wrote: settings, an experiment, a statement.
 *
 * @param what the file is, for errors: "experiment".
 * @throws UsageError that names the file, where it is missing, a folder, not text, or too long.
 */
export async function readText(path: string, who: string, what: string): Promise<string> {
  const place = `${who}: invalid ${what} ${path}`;
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR")
      throw new UsageError(`${who}: missing ${what}: expected a file, got nothing at ${path || '""'}`);
    throw error;
  });
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    if ((await handle.stat()).isDirectory()) throw new UsageError(`${place}: expected a file, got a folder`);
    for await (const piece of handle.createReadStream({ autoClose: false, end: mostBytes })) {
      pieces.push(piece as Uint8Array);
      length += (piece as Uint8Array).length;
    }
  } finally {
    await handle.close();
  }
  if (length > mostBytes)
    throw new UsageError(`${place}: expected at most ${mostBytes / 2 ** 20} MiB of text, got more`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
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
