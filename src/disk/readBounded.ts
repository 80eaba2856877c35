import { open } from "node:fs/promises";
import { UsageError } from "../core/errors.ts";

/**
 * Read a small file that a person names: a key, a certificate, a seal. A device that never ends does not fill the memory.
 *
 * @param who what is reading, and `what` the file is, for errors.
 * @param mostBytes chosen: keys have a kilobyte, seals of 10⁵ files some ten megabytes.
 * @throws UsageError where it is longer; the operating system's error where it cannot be read.
 */
export async function readBounded(
  path: string,
  who: string,
  what: string,
  mostBytes = 64 * 2 ** 20,
): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(path, "r");
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    if ((await handle.stat()).isDirectory())
      throw new UsageError(`${who}: invalid ${what} ${path}: expected a file, got a folder`);
    for await (const piece of handle.createReadStream({ autoClose: false, end: mostBytes })) {
      pieces.push(piece as Uint8Array);
      length += (piece as Uint8Array).length;
    }
  } finally {
    await handle.close();
  }
  if (length > mostBytes)
    throw new UsageError(`${who}: invalid ${what} ${path}: expected at most ${mostBytes / 2 ** 20} MiB, got more`);
  return new Uint8Array(Buffer.concat(pieces));
}

/** The same as text. */
export async function readBoundedText(path: string, who: string, what: string): Promise<string> {
  return new TextDecoder().decode(await readBounded(path, who, what));
}
