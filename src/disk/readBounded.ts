import { UsageError } from "../core/errors.ts";
import { inherited } from "./inherited.ts";
import { openRegular } from "./readRegular.ts";

/**
 * Read a small file that a person names: a key, a certificate, a seal. Nothing is waited for: a named pipe or a device is
 * refused, unless the caller handed it over open (`/dev/stdin`, `<(…)`), and what never ends does not fill the memory.
 *
 * @param who what is reading, and `what` the file is, for errors.
 * @param mostBytes chosen: keys have a kilobyte, seals of 10⁵ files some ten megabytes.
 * @throws UsageError where it is longer or no file; the operating system's error where it cannot be read.
 */
export async function readBounded(
  path: string,
  who: string,
  what: string,
  mostBytes = 64 * 2 ** 20,
): Promise<Uint8Array<ArrayBuffer>> {
  const given = inherited(path);
  const handle = given ? undefined : await openRegular(path, `${who}: invalid ${what} ${path}`);
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of given ?? handle?.createReadStream({ autoClose: false, end: mostBytes }) ?? []) {
      pieces.push(piece as Uint8Array);
      length += (piece as Uint8Array).length;
      if (length > mostBytes) break;
    }
  } finally {
    await handle?.close();
  }
  if (length > mostBytes)
    throw new UsageError(`${who}: invalid ${what} ${path}: expected at most ${mostBytes / 2 ** 20} MiB, got more`);
  return new Uint8Array(Buffer.concat(pieces));
}
