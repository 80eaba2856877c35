import { DataError } from "../../core/errors.ts";
import type { Cursor } from "../Cursor.ts";

/**
 * What follows an opcode: nothing; a fixed number; lines of text; or a length and that many bytes of text, data or a
 * little-endian two's-complement integer.
 */
type Argument =
  | "none"
  | "u1"
  | "u2"
  | "u4"
  | "i4"
  | "u8"
  | "f8"
  | "line"
  | "two-lines"
  | `text-${"u1" | "u4" | "u8"}`
  | `bytes-${"u1" | "i4" | "u4" | "u8"}`
  | `long-${"u1" | "i4"}`;

/** Every opcode of protocols 0 … 5 (CPython, pickletools), so that a scan can read what the machine refuses to run. */
const table: Readonly<Record<number, readonly [name: string, argument: Argument]>> = {
  40: ["MARK", "none"],
  41: ["EMPTY_TUPLE", "none"],
  46: ["STOP", "none"],
  48: ["POP", "none"],
  49: ["POP_MARK", "none"],
  50: ["DUP", "none"],
  66: ["BINBYTES", "bytes-u4"],
  67: ["SHORT_BINBYTES", "bytes-u1"],
  70: ["FLOAT", "line"],
  71: ["BINFLOAT", "f8"],
  73: ["INT", "line"],
  74: ["BININT", "i4"],
  75: ["BININT1", "u1"],
  76: ["LONG", "line"],
  77: ["BININT2", "u2"],
  78: ["NONE", "none"],
  80: ["PERSID", "line"],
  81: ["BINPERSID", "none"],
  82: ["REDUCE", "none"],
  83: ["STRING", "line"],
  84: ["BINSTRING", "bytes-i4"],
  85: ["SHORT_BINSTRING", "bytes-u1"],
  86: ["UNICODE", "line"],
  88: ["BINUNICODE", "text-u4"],
  93: ["EMPTY_LIST", "none"],
  97: ["APPEND", "none"],
  98: ["BUILD", "none"],
  99: ["GLOBAL", "two-lines"],
  100: ["DICT", "none"],
  101: ["APPENDS", "none"],
  103: ["GET", "line"],
  104: ["BINGET", "u1"],
  105: ["INST", "two-lines"],
  106: ["LONG_BINGET", "u4"],
  108: ["LIST", "none"],
  111: ["OBJ", "none"],
  112: ["PUT", "line"],
  113: ["BINPUT", "u1"],
  114: ["LONG_BINPUT", "u4"],
  115: ["SETITEM", "none"],
  116: ["TUPLE", "none"],
  117: ["SETITEMS", "none"],
  125: ["EMPTY_DICT", "none"],
  128: ["PROTO", "u1"],
  129: ["NEWOBJ", "none"],
  130: ["EXT1", "u1"],
  131: ["EXT2", "u2"],
  132: ["EXT4", "i4"],
  133: ["TUPLE1", "none"],
  134: ["TUPLE2", "none"],
  135: ["TUPLE3", "none"],
  136: ["NEWTRUE", "none"],
  137: ["NEWFALSE", "none"],
  138: ["LONG1", "long-u1"],
  139: ["LONG4", "long-i4"],
  140: ["SHORT_BINUNICODE", "text-u1"],
  141: ["BINUNICODE8", "text-u8"],
  142: ["BINBYTES8", "bytes-u8"],
  143: ["EMPTY_SET", "none"],
  144: ["ADDITEMS", "none"],
  145: ["FROZENSET", "none"],
  146: ["NEWOBJ_EX", "none"],
  147: ["STACK_GLOBAL", "none"],
  148: ["MEMOIZE", "none"],
  149: ["FRAME", "u8"],
  150: ["BYTEARRAY8", "bytes-u8"],
  151: ["NEXT_BUFFER", "none"],
  152: ["READONLY_BUFFER", "none"],
};

export interface Op {
  readonly name: string;
  /** Position of the opcode in the file. */
  readonly offset: number;
  /** A fixed number. */
  readonly number: number;
  /** Raw bytes of a line, text, data or integer; of GLOBAL and INST the module. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of GLOBAL and INST the name. */
  readonly second: Uint8Array<ArrayBuffer>;
  readonly isText: boolean;
}

const empty = new Uint8Array();

/**
 * Read one opcode with its argument. Nothing happens but reading.
 *
 * @throws DataError on an unknown opcode or an argument that is cut short.
 */
export function readOp(cursor: Cursor, who: string): Op {
  const offset = cursor.offset;
  const code = cursor.u8("opcode");
  const known = table[code];
  if (known === undefined)
    throw new DataError(`${who}: unknown opcode: expected one of protocols 0 to 5, got 0x${code.toString(16)}`, offset);
  const [name, argument] = known;
  const base = { name, offset, number: 0, bytes: empty, second: empty, isText: false };
  switch (argument) {
    case "none":
      return base;
    case "u1":
      return { ...base, number: cursor.u8(name) };
    case "u2":
      return { ...base, number: cursor.u16(name) };
    case "u4":
      return { ...base, number: cursor.u32(name) };
    case "i4":
      return { ...base, number: cursor.i32(name) };
    case "u8":
      // The length of a frame says nothing that the opcodes in it do not say; CPython goes on after absurd ones too.
      return { ...base, bytes: cursor.take(8, name) };
    case "f8":
      return { ...base, number: cursor.f64(name, false) };
    case "line":
      return { ...base, bytes: line(cursor, name, who) };
    case "two-lines":
      return { ...base, bytes: line(cursor, name, who), second: line(cursor, name, who) };
    default: {
      const [kind, width] = argument.split("-");
      const length =
        width === "u1"
          ? cursor.u8(name)
          : width === "u8"
            ? cursor.u64(name)
            : width === "u4"
              ? cursor.u32(name)
              : cursor.i32(name);
      return { ...base, bytes: cursor.take(length, name), isText: kind === "text" };
    }
  }
}

/** Up to the next line feed, which is consumed and not returned. */
function line(cursor: Cursor, what: string, who: string): Uint8Array<ArrayBuffer> {
  const end = cursor.bytes.indexOf(10, cursor.position);
  if (end < 0) throw new DataError(`${who}: invalid ${what}: expected a line, got the end`, cursor.offset);
  const bytes = cursor.take(end - cursor.position, what);
  cursor.position++;
  return bytes;
}

/** A little-endian two's-complement integer; a number where it is safe, else a bigint. */
export function decodeLong(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  if (bytes.length > 0 && bytes[bytes.length - 1] & 0x80) value -= 1n << BigInt(8 * bytes.length);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Text as UTF-8, undefined if it is none (lone surrogates are none). */
export function decodePickleText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** One character a byte: how Python 2 text is taken, and names that are not UTF-8 are shown. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return text;
}
