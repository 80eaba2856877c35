import { DataError } from "../../core/errors.ts";
import { inflateExact, inflateHead } from "./boundedInflate.ts";
import { crc32 } from "./zip/crc32.ts";

/** Whether bytes start like a gzip member (RFC 1952: magic 1f 8b, method 8). */
export function isGzip(head: Uint8Array): boolean {
  return head.length > 2 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

/**
 * Unpack a gzip file of one member whose unpacked size is known to the format inside.
 *
 * @param size bytes that must come out, or `undefined` to believe the trailer; either is held against `most` first.
 * @throws DataError on a broken frame, a wrong size, or a wrong checksum.
 */
export function gunzip(bytes: Uint8Array, most: number, who: string): Uint8Array<ArrayBuffer> {
  const start = bodyStart(bytes, who);
  if (bytes.length < start + 8) {
    throw new DataError(`${who}: missing gzip trailer: expected 8 bytes, got the end of the file`, bytes.length);
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const size = trailer.getUint32(4, true);
  if (size > most) {
    throw new DataError(`${who}: invalid unpacked size: expected at most ${most} bytes, got ${size}`, bytes.length - 4);
  }
  // Deflate cannot pack tighter than 1032 to 1: a trailer that says so lies, and nothing needs to be allocated for it.
  if (size > 1032 * (bytes.length - start)) {
    throw new DataError(
      `${who}: invalid unpacked size: expected what ${bytes.length} bytes can hold, got ${size}`,
      bytes.length - 4,
    );
  }
  const out = inflateExact(bytes.subarray(start, bytes.length - 8), size, who, start);
  if (crc32(out) !== trailer.getUint32(0, true)) {
    throw new DataError(`${who}: invalid gzip checksum: expected that of the content, got another`, bytes.length - 8);
  }
  return out;
}

/** The first `most` unpacked bytes of a gzip file of which only the beginning is at hand. */
export function gunzipHead(head: Uint8Array, most: number, who: string): Uint8Array<ArrayBuffer> {
  const start = bodyStart(head, who);
  return inflateHead(head.subarray(start), most, who, start);
}

function bodyStart(bytes: Uint8Array, who: string): number {
  if (!isGzip(bytes)) throw new DataError(`${who}: invalid gzip magic: expected 1f 8b 08, got other bytes`, 0);
  const flags = bytes[3];
  if (flags & 0xe0) throw new DataError(`${who}: invalid gzip flags: expected none reserved, got ${flags}`, 3);
  let at = 10;
  if (flags & 4) at += 2 + (bytes[at] | (bytes[at + 1] << 8));
  for (const named of [8, 16]) {
    if (!(flags & named)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) throw new DataError(`${who}: invalid gzip header: expected a text that ends, got none`, at);
    at = end + 1;
  }
  if (flags & 2) at += 2;
  if (!(at <= bytes.length))
    throw new DataError(`${who}: invalid gzip header: expected a body, got the end`, bytes.length);
  return at;
}
