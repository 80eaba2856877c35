import { Gunzip, inflateSync } from "fflate";
import { DataError } from "../../../core/errors.ts";
import type { Budget } from "../limits.ts";

/**
 * Inflate raw deflate data of a declared size. Never writes more than that size.
 *
 * @param size declared number of bytes; the caller has charged it to the budget.
 * @throws DataError if the stream is broken, or holds more or fewer bytes than declared.
 */
export function inflateExactly(
  packed: Uint8Array,
  size: number,
  who: string,
  what: string,
  offset?: number,
): Uint8Array<ArrayBuffer> {
  let out: Uint8Array<ArrayBufferLike>;
  try {
    // One byte of room more than declared: filling it shows that the stream is longer.
    out = inflateSync(packed, { out: new Uint8Array(size + 1) });
  } catch (error) {
    throw new DataError(`${who}: invalid deflate stream of ${what}: ${(error as Error).message}`, offset);
  }
  if (out.length !== size)
    throw new DataError(
      `${who}: invalid size of ${what}: expected ${size} inflated bytes, got ${out.length > size ? "more" : out.length}`,
      offset,
    );
  return out as Uint8Array<ArrayBuffer>;
}

/**
 * Inflate a gzip file whose inflated size is not declared reliably, charging the budget as it grows.
 *
 * @throws DataError if the stream is broken or larger than the budget allows.
 */
export function gunzipBounded(packed: Uint8Array, budget: Budget, who: string, what: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let total = 0;
  let ended = false;
  const stream = new Gunzip((part, final) => {
    budget.charge(2 * part.length, who, what); // the part, and its place in the whole
    parts.push(part);
    total += part.length;
    ended ||= final;
  });
  const step = 1 << 16;
  try {
    for (let at = 0; at < packed.length; at += step)
      stream.push(packed.subarray(at, at + step), at + step >= packed.length);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${who}: invalid gzip stream of ${what}: ${(error as Error).message}`);
  }
  if (!ended) throw new DataError(`${who}: invalid gzip stream of ${what}: expected an end, got none`, packed.length);
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
