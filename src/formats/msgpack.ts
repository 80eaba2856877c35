import { DataError } from "../core/errors.ts";
import { Cursor } from "./Cursor.ts";
import type { Budget } from "./limits.ts";

/** MessagePack values. Objects are maps, so that no key is special; extensions keep their bytes. */
export type MsgValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array<ArrayBuffer>
  | readonly MsgValue[]
  | ReadonlyMap<string, MsgValue>
  | MsgExtension;

export class MsgExtension {
  readonly type: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Position of the bytes in the file. */
  readonly offset: number;
  constructor(type: number, bytes: Uint8Array<ArrayBuffer>, offset: number) {
    this.type = type;
    this.bytes = bytes;
    this.offset = offset;
  }
}

const maxDepth = 32;
/** Chosen: what a small value takes in memory, its place in a map included. */
const valueBytes = 64;

/**
 * Parse one MessagePack value that fills the bytes (msgpack specification).
 *
 * Every value takes a byte of the file, so counts are held against what is left before anything is made.
 *
 * @throws DataError on more than 32 levels, repeated or non-text keys, reserved bytes, or bytes that are left over.
 */
export function parseMsgpack(bytes: Uint8Array<ArrayBuffer>, budget: Budget, who: string, base = 0): MsgValue {
  const cursor = new Cursor(bytes, who, base);
  const value = read(cursor, budget, who, 0);
  if (cursor.left > 0)
    throw new DataError(`${who}: invalid file: expected one value, got ${cursor.left} more bytes`, cursor.offset);
  return value;
}

function read(cursor: Cursor, budget: Budget, who: string, depth: number): MsgValue {
  const at = cursor.offset;
  if (depth > maxDepth)
    throw new DataError(`${who}: invalid nesting: expected at most ${maxDepth} levels, got more`, at);
  budget.charge(valueBytes, who, "a value", at);
  const code = cursor.u8("value");
  const size = (width: 1 | 2 | 4) =>
    width === 1 ? cursor.u8("length") : width === 2 ? cursor.u16("length", false) : cursor.u32("length", false);
  if (code < 0x80) return code;
  if (code >= 0xe0) return code - 256;
  if (code < 0x90) return readMap(cursor, code & 15, budget, who, depth);
  if (code < 0xa0) return readArray(cursor, code & 15, budget, who, depth);
  if (code < 0xc0) return text(cursor, code & 31, who);
  const view = (width: number) => {
    const part = cursor.take(width, "number");
    return new DataView(part.buffer, part.byteOffset, width);
  };
  switch (code) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return cursor.take(size(width(code - 0xc4)), "bytes");
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return extension(cursor, size(width(code - 0xc7)));
    case 0xca:
      return view(4).getFloat32(0);
    case 0xcb:
      return view(8).getFloat64(0);
    case 0xcc:
      return view(1).getUint8(0);
    case 0xcd:
      return view(2).getUint16(0);
    case 0xce:
      return view(4).getUint32(0);
    case 0xcf:
      return narrow(view(8).getBigUint64(0));
    case 0xd0:
      return view(1).getInt8(0);
    case 0xd1:
      return view(2).getInt16(0);
    case 0xd2:
      return view(4).getInt32(0);
    case 0xd3:
      return narrow(view(8).getBigInt64(0));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return text(cursor, size(width(code - 0xd9)), who);
    case 0xdc:
    case 0xdd:
      return readArray(cursor, size(code === 0xdc ? 2 : 4), budget, who, depth);
    case 0xde:
    case 0xdf:
      return readMap(cursor, size(code === 0xde ? 2 : 4), budget, who, depth);
  }
  if (code >= 0xd4 && code <= 0xd8) return extension(cursor, 1 << (code - 0xd4));
  throw new DataError(`${who}: unknown code: expected a value, got the reserved byte c1`, at);
}

/** 0, 1, 2 → 1, 2, 4 bytes. */
function width(step: number): 1 | 2 | 4 {
  return (1 << step) as 1 | 2 | 4;
}

function readArray(cursor: Cursor, count: number, budget: Budget, who: string, depth: number): readonly MsgValue[] {
  checkCount(cursor, count, who);
  const values: MsgValue[] = [];
  for (let i = 0; i < count; i++) values.push(read(cursor, budget, who, depth + 1));
  return values;
}

function readMap(
  cursor: Cursor,
  count: number,
  budget: Budget,
  who: string,
  depth: number,
): ReadonlyMap<string, MsgValue> {
  checkCount(cursor, 2 * count, who);
  const map = new Map<string, MsgValue>();
  for (let i = 0; i < count; i++) {
    const at = cursor.offset;
    const key = read(cursor, budget, who, depth + 1);
    if (typeof key !== "string") throw new DataError(`${who}: invalid key: expected text, got ${typeof key}`, at);
    if (map.has(key))
      throw new DataError(`${who}: invalid key: expected each once, got ${JSON.stringify(key)} twice`, at);
    map.set(key, read(cursor, budget, who, depth + 1));
  }
  return map;
}

function checkCount(cursor: Cursor, count: number, who: string): void {
  if (count > cursor.left)
    throw new DataError(`${who}: invalid length: expected at most ${cursor.left} values, got ${count}`, cursor.offset);
}

function text(cursor: Cursor, length: number, who: string): string {
  const at = cursor.offset;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(cursor.take(length, "text"));
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${who}: invalid text: expected UTF-8, got other bytes`, at);
  }
}

function extension(cursor: Cursor, length: number): MsgExtension {
  const type = cursor.u8("extension type");
  const at = cursor.offset;
  return new MsgExtension(type, cursor.take(length, "extension"), at);
}

function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
