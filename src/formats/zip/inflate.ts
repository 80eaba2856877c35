import { inflateSync } from "fflate";
import { DataError } from "../../core/errors.ts";

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
