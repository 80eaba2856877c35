import { DataError } from "../../core/errors.ts";
import type { Cursor } from "../Cursor.ts";
import type { Budget } from "../limits.ts";
import { varint } from "./thrift.ts";

/**
 * Read `count` numbers of `width` bits from runs of one value and bit-packed groups of eight (parquet-format, Encodings).
 *
 * @throws DataError if a run is empty or longer than what is still owed, groups of eight rounded up.
 */
export function readRuns(cursor: Cursor, width: number, count: number, budget: Budget, who: string): Uint32Array {
  if (width > 32) throw new DataError(`${who}: invalid bit width: expected at most 32, got ${width}`, cursor.offset);
  budget.charge(4 * count, who, "a run of numbers", cursor.offset);
  const out = new Uint32Array(count);
  let filled = 0;
  while (filled < count && !(width === 0 && cursor.left === 0)) {
    const at = cursor.offset;
    const head = varint(cursor);
    const owed = count - filled;
    const length = head & 1 ? 8 * (head >>> 1) : Math.floor(head / 2);
    if (length === 0 || length >= owed + (head & 1 ? 8 + 512 : 1))
      throw new DataError(`${who}: invalid run: expected 1 to ${owed} numbers, got ${length}`, at);
    if (head & 1)
      unpackBits(cursor.take((length * width) / 8, "packed numbers"), width, out, filled, Math.min(owed, length));
    else out.fill(littleEndian(cursor.take((width + 7) >> 3, "a repeated number")), filled, filled + length);
    filled += Math.min(owed, length);
  }
  return out;
}

function littleEndian(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i];
  return value;
}

/** The lowest bits of the first byte come first. */
function unpackBits(bytes: Uint8Array, width: number, out: Uint32Array, start: number, count: number): void {
  for (let i = 0, bit = 0; i < count; i++) {
    let value = 0;
    for (let k = 0; k < width; k++, bit++) if ((bytes[bit >> 3] >> (bit & 7)) & 1) value += 2 ** k;
    out[start + i] = value;
  }
}
