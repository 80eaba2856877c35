import { DataError } from "../../core/errors.ts";
import { unzlibExact, unzlibHead } from "../boundedInflate.ts";
import { Cursor } from "../Cursor.ts";
import { type Budget, elementCount } from "../limits.ts";

const who = "mat";
/** Element types of the MAT-file format, level 5 (table 1-1), that hold numbers. */
const types: Readonly<Record<number, { bytes: number; read(view: DataView, at: number): number }>> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  7: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  9: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  12: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  13: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
};
const classNames: Readonly<Record<number, string>> = {
  ...{ 1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "float64", 7: "float32", 8: "int8", 9: "uint8" },
  ...{ 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64", 16: "function", 17: "opaque" },
};
const MATRIX = 14;
const COMPRESSED = 15;
/** Chosen: SVHN has two. Unpacking takes half a millisecond an array however small it is, so that a megabyte of them took ten seconds. */
const maxArrays = 1000;

/** A numeric array, values in MATLAB's order: the first dimension runs fastest. */
export interface MatArray {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes as they are stored (perhaps in a smaller type than `dtype`), decoded by `value`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  value(i: number): number;
  /** What a row of characters says. */
  readonly text?: string;
}

/** Does this look like a little-endian level 5 MAT-file? */
export function isMat(head: Uint8Array): boolean {
  return (
    head.length >= 128 &&
    String.fromCharCode(...head.subarray(0, 10)) === "MATLAB 5.0" &&
    head[126] === 0x49 &&
    head[127] === 0x4d
  );
}

/**
 * Read the numeric arrays of a level 5 MAT-file; what else they hold (cells, structures, complex numbers,
 * objects, tables, functions, sparse arrays) is listed without values.
 *
 * Compressed elements say how large they are in their first eight bytes, which are held against the budget before the rest is inflated.
 *
 * @throws DataError on anything that breaks the format, also on elements inside compressed ones.
 */
export function readMat(bytes: Uint8Array<ArrayBuffer>, budget: Budget): { arrays: MatArray[]; others: MatArray[] } {
  if (!isMat(bytes)) throw new DataError(`${who}: invalid header: expected a little-endian MATLAB 5.0 file`, 0);
  const cursor = new Cursor(bytes, who, 0, 128);
  const found = { arrays: [] as MatArray[], others: [] as MatArray[] };
  while (cursor.left > 0) {
    const at = cursor.offset;
    if (found.arrays.length + found.others.length === maxArrays)
      throw new DataError(`${who}: invalid file: expected at most ${maxArrays} arrays, got more`, at);
    const type = cursor.u32("element type");
    const content = cursor.take(cursor.u32("element size"), "element");
    if (type === COMPRESSED) {
      const head = new Cursor(unzlibHead(content, 8, who, at + 8), who, at);
      if (head.u32("packed element type") !== MATRIX)
        throw new DataError(`${who}: invalid compressed element: expected an array, got another type`, at + 8);
      const size = 8 + head.u32("packed element size");
      budget.charge(size, who, "a compressed array", at + 8);
      addArray(new Cursor(unzlibExact(content, size, who, at + 8), who, at, 8), found);
    } else if (type === MATRIX) {
      addArray(new Cursor(content, who, at + 8), found);
      cursor.take(Math.min(cursor.left, padding(content.length)), "padding");
    } else throw new DataError(`${who}: unknown element: expected type 14 or 15, got ${type}`, at);
  }
  return found;
}

function addArray(cursor: Cursor, found: { arrays: MatArray[]; others: MatArray[] }): void {
  const start = cursor.offset;
  const flags = element(cursor, "array flags");
  if (flags.type !== 6 || flags.bytes.length !== 8)
    throw new DataError(`${who}: invalid array flags: expected two 32-bit numbers, got others`, start);
  const code = flags.bytes[0];
  const dtype = classNames[code];
  if (!dtype) throw new DataError(`${who}: unknown array class: expected 1 to 17, got ${code}`, start);
  // Tables, strings and other classes of MATLAB have no dimensions of their own.
  if (code === 17) {
    const name = nameOf(cursor);
    found.others.push({ name, dtype, shape: [], bytes: new Uint8Array(0), value: () => Number.NaN });
    return;
  }
  const sizes = element(cursor, "dimensions");
  if (sizes.type !== 5 || sizes.bytes.length % 4 !== 0)
    throw new DataError(`${who}: invalid dimensions: expected 32-bit numbers, got others`, start);
  const shape = Array.from({ length: sizes.bytes.length / 4 }, (_, i) => types[5].read(viewOf(sizes.bytes), 4 * i));
  const name = nameOf(cursor);
  const base = { name, dtype, shape };
  if (code < 6 || code > 15 || flags.bytes[1] & 8) {
    const text = code === 4 ? textIn(cursor, shape) : undefined;
    found.others.push({ ...base, bytes: new Uint8Array(0), value: () => Number.NaN, ...(text && { text }) });
    return;
  }
  const count = elementCount(shape, who, name || "an array", start);
  const at = cursor.offset;
  const data = element(cursor, "values");
  const item = types[data.type];
  if (!item || data.bytes.length !== count * item.bytes)
    throw new DataError(
      `${who}: invalid values of ${JSON.stringify(name)}: expected ${count} numbers, got ${data.bytes.length} bytes of type ${data.type}`,
      at,
    );
  const view = viewOf(data.bytes);
  found.arrays.push({ ...base, bytes: data.bytes, value: (i) => item.read(view, i * item.bytes) });
}

/** A row of characters, stored as 16-bit units or as bytes of UTF-8; undefined for tables of them. Chosen: records are short. */
function textIn(cursor: Cursor, shape: readonly number[]): string | undefined {
  if (shape.length !== 2 || shape[0] !== 1 || shape[1] > 4096) return undefined;
  const { type, bytes } = element(cursor, "characters");
  if (type === 4 || type === 17) return new TextDecoder("utf-16le").decode(bytes);
  return type === 1 || type === 2 || type === 16 ? new TextDecoder().decode(bytes) : undefined;
}

function nameOf(cursor: Cursor): string {
  return new TextDecoder("latin1").decode(element(cursor, "name").bytes);
}

/** One element inside an array: eight-byte tag, or the small form that packs up to four bytes into the tag. */
function element(cursor: Cursor, what: string): { type: number; bytes: Uint8Array<ArrayBuffer> } {
  const tag = cursor.u32(what);
  if (tag >>> 16) {
    const length = tag >>> 16;
    if (length > 4)
      throw new DataError(`${who}: invalid ${what}: expected at most 4 packed bytes, got ${length}`, cursor.offset);
    const bytes = cursor.take(4, what).subarray(0, length);
    return { type: tag & 0xffff, bytes };
  }
  const bytes = cursor.take(cursor.u32(what), what);
  cursor.take(Math.min(cursor.left, padding(bytes.length)), what);
  return { type: tag, bytes };
}

/** Elements start at multiples of eight bytes. */
function padding(length: number): number {
  return (8 - (length % 8)) % 8;
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
