import { Inflate } from "fflate";
import { DataError } from "../core/errors.ts";

/** Compressed bytes handed to the inflater at a time: one push yields at most 1032 times as many. */
const CHUNK = 1 << 14;
/** Pushes that may yield nothing before the stream counts as stuck: a stored block fills at most five. */
const PATIENCE = 8;

/**
 * Inflate a raw deflate stream into exactly `size` bytes.
 *
 * Memory: `size` plus at most 17 MiB. Time: linear in the shorter of both sides; a stream that yields more than `size`
 * bytes is dropped as soon as that shows.
 *
 * @param raw deflate data without a zlib or gzip frame, the last block included.
 * @param size bytes that the surrounding format declares; the caller has checked it against its budget.
 * @throws DataError if the stream is broken, truncated, or longer or shorter than `size`.
 */
export function inflateExact(raw: Uint8Array, size: number, who: string, offset = 0): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  const written = drain(raw, who, offset, (chunk, at) => {
    if (at + chunk.length > size) {
      throw new DataError(`${who}: invalid compressed data: expected ${size} bytes inside, got more`, offset);
    }
    out.set(chunk, at);
  });
  if (written !== size) {
    throw new DataError(`${who}: invalid compressed data: expected ${size} bytes inside, got ${written}`, offset);
  }
  return out;
}

/** Inflate until `most` bytes are there or the input ends; the input may be cut anywhere. For a look at a header. */
export function inflateHead(raw: Uint8Array, most: number, who: string, offset = 0): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(most);
  let filled = 0;
  const take = (chunk: Uint8Array) => {
    const part = chunk.subarray(0, most - filled);
    out.set(part, filled);
    filled += part.length;
  };
  const inflater = new Inflate(take);
  try {
    for (let i = 0; i < raw.length && filled < most; i += 512) inflater.push(raw.subarray(i, i + 512));
  } catch (error) {
    throw broken(who, error, offset);
  }
  return out.slice(0, filled);
}

function drain(raw: Uint8Array, who: string, offset: number, take: (chunk: Uint8Array, at: number) => void): number {
  let total = 0;
  let idle = 0;
  const inflater = new Inflate((chunk) => {
    idle = chunk.length === 0 ? idle + 1 : 0;
    if (chunk.length > 0) take(chunk, total);
    total += chunk.length;
  });
  try {
    let i = 0;
    do {
      const last = i + CHUNK >= raw.length;
      inflater.push(raw.subarray(i, i + CHUNK), last);
      // What follows the last block is kept by the inflater and copied again on every push: stop before that costs.
      if (!last && idle > PATIENCE) {
        throw new DataError(
          `${who}: invalid compressed data: expected ${raw.length} bytes of it, got an early end`,
          offset + i,
        );
      }
      i += CHUNK;
    } while (i < raw.length);
  } catch (error) {
    throw broken(who, error, offset);
  }
  return total;
}

function broken(who: string, error: unknown, offset: number): DataError {
  if (error instanceof DataError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new DataError(
    `${who}: invalid compressed data: expected a deflate stream, got one that breaks (${why})`,
    offset,
  );
}

/** Inflate a zlib stream (RFC 1950) into exactly `size` bytes, checksum compared. */
export function unzlibExact(packed: Uint8Array, size: number, who: string, offset = 0): Uint8Array<ArrayBuffer> {
  checkZlib(packed, who, offset);
  const out = inflateExact(packed.subarray(2, packed.length - 4), size, who, offset + 2);
  const at = packed.length - 4;
  const stored = ((packed[at] << 24) | (packed[at + 1] << 16) | (packed[at + 2] << 8) | packed[at + 3]) >>> 0;
  if (adler32(out) !== stored)
    throw new DataError(`${who}: invalid zlib checksum: expected that of the content, got another`, offset + at);
  return out;
}

/** The first `most` bytes of a zlib stream. */
export function unzlibHead(packed: Uint8Array, most: number, who: string, offset = 0): Uint8Array<ArrayBuffer> {
  checkZlib(packed, who, offset);
  return inflateHead(packed.subarray(2), most, who, offset + 2);
}

function checkZlib(packed: Uint8Array, who: string, offset: number): void {
  if (packed.length < 6 || (packed[0] & 15) !== 8 || ((packed[0] << 8) | packed[1]) % 31 !== 0 || packed[1] & 32)
    throw new DataError(`${who}: invalid compressed data: expected a zlib stream, got something else`, offset);
}

/** Adler-32 (RFC 1950, §9): sums modulo 65521, reduced every 3800 bytes so that they stay below 2³¹. */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let start = 0; start < bytes.length; start += 3800) {
    const end = Math.min(start + 3800, bytes.length);
    for (let i = start; i < end; i++) b += a += bytes[i];
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
