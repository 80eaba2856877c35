import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import type { SourceFile } from "../Format.ts";
import { gunzip } from "../gzip.ts";
import type { Budget } from "../limits.ts";
import { type Chunk, integer, type ParquetColumn } from "./footer.ts";
import { readRuns } from "./runs.ts";
import { parseStruct, type ThriftStruct } from "./thrift.ts";
import { unsnap } from "./unsnap.ts";

const who = "parquet";
const codecs = ["uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw"];
const [PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY] = [0, 2, 8];

/** A value of a column: numbers, bytes, or nothing. */
export type Cell = number | boolean | Uint8Array<ArrayBuffer> | null;

/**
 * Read all values of a flat column in one row group.
 *
 * Pages state their sizes; every one is held against the budget and against the values that the chunk still owes before it is
 * unpacked. Plain and dictionary encodings, pages of version 1 and 2, no compression, Snappy or gzip.
 *
 * @throws DataError on everything else, by name.
 */
export async function readColumn(
  file: SourceFile,
  column: ParquetColumn,
  chunk: Chunk,
  budget: Budget,
): Promise<readonly Cell[]> {
  if (column.repeated)
    throw new DataError(`${who}: invalid column ${column.path}: expected no lists, got one`, chunk.start);
  budget.charge(chunk.length, who, column.path, chunk.start);
  const cursor = new Cursor(await file.read(chunk.start, chunk.length), who, chunk.start);
  const cells: Cell[] = [];
  let dictionary: readonly Cell[] | undefined;
  while (cells.length < chunk.values) {
    const at = cursor.offset;
    const header = parseStruct(cursor, budget);
    const [type, size, packedSize] = [1, 2, 3].map((id) => integer(header, id));
    const packed = cursor.take(packedSize, "page");
    if (size < 0) throw new DataError(`${who}: invalid page size: expected 0 or more, got ${size}`, at);
    const owed = chunk.values - cells.length;
    if (type === 2) {
      const count = values(header, 7, Number.MAX_SAFE_INTEGER, at);
      if (dictionary) throw new DataError(`${who}: invalid dictionary: expected one, got two`, at);
      dictionary = readPlain(new Cursor(unpack(packed, size, chunk.codec, budget, at), who, at), column, count, budget);
    } else if (type === 0) {
      const page = header.get(5) as ThriftStruct;
      const count = values(header, 5, owed, at);
      const body = new Cursor(unpack(packed, size, chunk.codec, budget, at), who, at);
      const levels =
        column.maxDefinition === 0 ? undefined : readLevels(body, body.u32("levels"), column, count, budget);
      append(cells, body, column, integer(page, 2), count, levels, dictionary, budget);
    } else if (type === 3) {
      const page = header.get(8) as ThriftStruct;
      const count = values(header, 8, owed, at);
      const [levelBytes, repeatBytes] = [integer(page, 5), integer(page, 6)];
      if (repeatBytes !== 0 || levelBytes < 0 || levelBytes > Math.min(packedSize, size))
        throw new DataError(
          `${who}: invalid page: expected levels inside it, got ${levelBytes} and ${repeatBytes}`,
          at,
        );
      const head = new Cursor(packed, who, at);
      const levels = column.maxDefinition === 0 ? undefined : readLevels(head, levelBytes, column, count, budget);
      const rest = packed.subarray(levelBytes);
      const codec = page.get(7) === false ? 0 : chunk.codec;
      const body = new Cursor(unpack(rest, size - levelBytes, codec, budget, at), who, at);
      append(cells, body, column, integer(page, 4), count, levels, dictionary, budget);
    } else if (type !== 1) throw new DataError(`${who}: unknown page: expected type 0 to 3, got ${type}`, at);
  }
  return cells;
}

/** How many values a page says it has: none is an endless loop, more than owed is a lie. */
function values(header: ThriftStruct, id: number, owed: number, at: number): number {
  const page = header.get(id);
  if (!(page instanceof Map)) throw new DataError(`${who}: missing page header: expected field ${id}`, at);
  const count = integer(page, 1);
  if (count < (id === 7 ? 0 : 1) || count > owed)
    throw new DataError(`${who}: invalid page: expected 1 to ${owed} values, got ${count}`, at);
  return count;
}

function unpack(packed: Uint8Array<ArrayBuffer>, size: number, codec: number, budget: Budget, at: number) {
  if (codec === 0) {
    if (packed.length !== size)
      throw new DataError(`${who}: invalid page size: expected ${packed.length} bytes, got ${size}`, at);
    return packed;
  }
  // Snappy packs at most 64 bytes into three, deflate at most 1032 into one.
  if (size > 1032 * packed.length) throw new DataError(`${who}: invalid page size: expected less, got ${size}`, at);
  budget.charge(size, who, "a page", at);
  if (codec === 2) {
    const out = gunzip(packed, size, who);
    if (out.length === size) return out;
    throw new DataError(`${who}: invalid page size: expected ${out.length} bytes, got ${size}`, at);
  }
  if (codec !== 1)
    throw new DataError(
      `${who}: unknown compression: expected none, snappy or gzip, got ${codecs[codec] ?? codec}`,
      at,
    );
  return unsnap(packed, size, who, at);
}

/** Definition levels: below the maximum, a value is null. Returns which values are there. */
function readLevels(cursor: Cursor, length: number, column: ParquetColumn, count: number, budget: Budget): Uint32Array {
  const width = 32 - Math.clz32(column.maxDefinition);
  const at = cursor.offset;
  const bytes = new Cursor(cursor.take(length, "levels"), who, at);
  return readRuns(bytes, width, count, budget, who);
}

function append(
  cells: Cell[],
  body: Cursor,
  column: ParquetColumn,
  encoding: number,
  count: number,
  levels: Uint32Array | undefined,
  dictionary: readonly Cell[] | undefined,
  budget: Budget,
): void {
  const present = levels ? levels.reduce((sum, level) => sum + (level === column.maxDefinition ? 1 : 0), 0) : count;
  let read: readonly Cell[];
  if (encoding === PLAIN) read = readPlain(body, column, present, budget);
  else if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) {
    if (!dictionary) throw new DataError(`${who}: missing dictionary of column ${column.path}`, body.offset);
    const at = body.offset;
    const width = present === 0 && body.left === 0 ? 0 : body.u8("bit width");
    const indices = readRuns(body, width, present, budget, who);
    read = Array.from(indices, (index) => {
      if (index < dictionary.length) return dictionary[index];
      throw new DataError(`${who}: invalid dictionary index: expected below ${dictionary.length}, got ${index}`, at);
    });
  } else
    throw new DataError(
      `${who}: unknown encoding of column ${column.path}: expected plain or dictionary, got ${encoding}`,
      body.offset,
    );
  budget.charge(16 * count, who, column.path);
  let next = 0;
  for (let i = 0; i < count; i++) cells.push(!levels || levels[i] === column.maxDefinition ? read[next++] : null);
}

function readPlain(cursor: Cursor, column: ParquetColumn, count: number, budget: Budget): Cell[] {
  const least = { boolean: 0.125, int32: 4, int64: 8, float32: 4, float64: 8, bytes: 4, int96: 0, fixed: 0 }[
    column.type
  ];
  if (least === 0)
    throw new DataError(`${who}: unknown type of column ${column.path}: expected numbers or bytes, got ${column.type}`);
  if (count * least > cursor.left)
    throw new DataError(`${who}: invalid page: expected ${count} values, got ${cursor.left} bytes`, cursor.offset);
  budget.charge(16 * count, who, column.path);
  const cells: Cell[] = [];
  if (column.type === "boolean") {
    const bytes = cursor.take(Math.ceil(count / 8), "booleans");
    for (let i = 0; i < count; i++) cells.push(((bytes[i >> 3] >> (i & 7)) & 1) === 1);
    return cells;
  }
  for (let i = 0; i < count; i++) cells.push(readCell(cursor, column));
  return cells;
}

function readCell(cursor: Cursor, { type, path }: ParquetColumn): Cell {
  if (type === "bytes") return cursor.take(cursor.u32("length"), path);
  if (type === "int32") return cursor.i32(path);
  if (type === "float64") return cursor.f64(path);
  const part = cursor.take(type === "int64" ? 8 : 4, path);
  const view = new DataView(part.buffer, part.byteOffset);
  return type === "int64" ? Number(view.getBigInt64(0, true)) : view.getFloat32(0, true);
}
