import { Inflate } from "fflate";
import { DataError } from "../../core/errors.ts";

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
    return true;
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

/** Inflate a stream of unknown length, at most `most` bytes. */
export function inflateUpTo(raw: Uint8Array, most: number, who: string, offset = 0): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  const total = drain(raw, who, offset, (chunk, at) => {
    if (at + chunk.length > most) {
      throw new DataError(`${who}: invalid compressed data: expected at most ${most} bytes inside, got more`, offset);
    }
    chunks.push(chunk);
    return true;
  });
  const out = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

function drain(raw: Uint8Array, who: string, offset: number, take: (chunk: Uint8Array, at: number) => boolean): number {
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
