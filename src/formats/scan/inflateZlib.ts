import { Inflate } from "pako";
import { DataError } from "../../core/errors.ts";

/** Unpack a zlib stream of unknown size into at most `most` bytes. @throws DataError if it breaks or yields more. */
export function inflateZlib(packed: Uint8Array<ArrayBuffer>, most: number, who: string): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const inflater = new Inflate({ chunkSize: 1 << 16 });
  inflater.onData = (chunk: Uint8Array) => {
    total += chunk.length;
    if (total > most) throw new DataError(`${who}: invalid unpacked size: expected at most ${most} bytes, got more`);
    chunks.push(new Uint8Array(chunk));
  };
  inflater.push(packed, true);
  if (inflater.err) throw new DataError(`${who}: invalid zlib stream: ${inflater.msg}`);
  const out = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
