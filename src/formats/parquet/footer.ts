import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import type { SourceFile } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { parseStruct, type ThriftStruct, type ThriftValue } from "./thrift.ts";

const who = "parquet";
const maxFooter = 64 * 2 ** 20;

const physicalTypes = ["boolean", "int32", "int64", "int96", "float32", "float64", "bytes", "fixed"] as const;
type PhysicalType = (typeof physicalTypes)[number];

/** A column without repetition: a plain one, or a field of a struct. */
export interface ParquetColumn {
  /** `label`, `image.bytes`. */
  readonly path: string;
  readonly type: PhysicalType;
  /** How many of the levels above and including it may be null. */
  readonly maxDefinition: number;
  readonly repeated: boolean;
}

/** Where the values of a column in one row group lie. */
export interface Chunk {
  readonly path: string;
  readonly codec: number;
  readonly start: number;
  readonly length: number;
  readonly values: number;
}

export interface Footer {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly Chunk[] }[];
  /** Text entries: `huggingface`, our own `retort`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Read the footer: schema, row groups, text entries (parquet-format, FileMetaData).
 *
 * @throws DataError if a part breaks the format, or a column chunk does not lie between the magic numbers.
 */
export async function readFooter(file: SourceFile, budget: Budget): Promise<Footer> {
  if (file.size < 12) throw new DataError(`${who}: invalid file: expected 12 bytes or more, got ${file.size}`, 0);
  const tail = new Cursor(await file.read(file.size - 8, 8), who, file.size - 8);
  const length = tail.u32("footer length");
  if (tail.u32("magic") !== 0x31524150)
    throw new DataError(`${who}: invalid magic: expected PAR1 at the end, got other bytes`, file.size - 4);
  if (length > Math.min(maxFooter, file.size - 12))
    throw new DataError(
      `${who}: invalid footer: expected at most ${Math.min(maxFooter, file.size - 12)} bytes, got ${length}`,
      file.size - 8,
    );
  budget.charge(length, who, "footer");
  const start = file.size - 8 - length;
  const meta = parseStruct(new Cursor(await file.read(start, length), who, start), budget);
  const columns = readSchema(list(meta, 2).map(struct));
  const rows = integer(meta, 3);
  const groups = list(meta, 4).map((group) => readGroup(struct(group), columns, start));
  if (groups.reduce((sum, group) => sum + group.rows, 0) !== rows)
    throw new DataError(`${who}: invalid row count: expected the sum of the groups, got ${rows}`, start);
  const entries = (meta.has(5) ? list(meta, 5) : []).map(struct);
  const metadata = new Map(entries.map((entry) => [text(entry, 1), entry.has(2) ? text(entry, 2) : ""]));
  return { rows, columns, groups, metadata };
}

/** Walk the schema, a tree written in depth-first order. */
function readSchema(elements: readonly ThriftStruct[]): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  let next = 0;
  const walk = (path: string, definition: number, repeated: boolean, depth: number): void => {
    const element = elements[next++];
    if (!element || depth > 16) throw new DataError(`${who}: invalid schema: expected a tree of at most 16 levels`);
    const repetition = element.has(3) ? integer(element, 3) : 0;
    const levels = definition + (depth > 0 && repetition > 0 ? 1 : 0);
    const multiple = repeated || (depth > 0 && repetition === 2);
    const name = depth === 0 ? "" : path ? `${path}.${text(element, 4)}` : text(element, 4);
    const children = element.has(5) ? integer(element, 5) : 0;
    if (children > 0) for (let i = 0; i < children; i++) walk(name, levels, multiple, depth + 1);
    else if (depth > 0) {
      const type = physicalTypes[integer(element, 1)];
      if (!type) throw new DataError(`${who}: unknown type of column ${JSON.stringify(name)}`);
      columns.push({ path: name, type, maxDefinition: levels, repeated: multiple });
    }
  };
  walk("", 0, false, 0);
  if (next !== elements.length) throw new DataError(`${who}: invalid schema: expected one tree, got more elements`);
  return columns;
}

function readGroup(group: ThriftStruct, columns: readonly ParquetColumn[], end: number) {
  const chunks = list(group, 1).map((column, i): Chunk => {
    const parent = struct(column);
    if (parent.has(1)) throw new DataError(`${who}: invalid column: expected its data in this file, got another file`);
    if (parent.has(8) || parent.has(9)) throw new DataError(`${who}: invalid column: expected no encryption`);
    const meta = parent.get(3);
    if (!(meta instanceof Map)) throw new DataError(`${who}: missing metadata of column ${i}`);
    const path = list(meta, 3)
      .map((part) => new TextDecoder().decode(binary(part)))
      .join(".");
    const first = integer(meta, 9);
    const start = meta.has(11) ? Math.min(first, integer(meta, 11) || first) : first;
    const length = integer(meta, 7);
    if (path !== columns[i]?.path)
      throw new DataError(`${who}: invalid column ${i}: expected ${columns[i]?.path}, got ${path}`);
    if (start < 4 || length < 0 || start + length > end)
      throw new DataError(
        `${who}: invalid place of column ${path}: expected inside the file, got ${start} + ${length}`,
        start,
      );
    return { path, codec: integer(meta, 4), start, length, values: integer(meta, 5) };
  });
  if (chunks.length !== columns.length)
    throw new DataError(`${who}: invalid row group: expected ${columns.length} columns, got ${chunks.length}`);
  const rows = integer(group, 3);
  if (rows < 0) throw new DataError(`${who}: invalid row count: expected 0 or more, got ${rows}`);
  return { rows, chunks };
}

export function integer(from: ThriftStruct, id: number): number {
  const value = from.get(id);
  if (typeof value !== "number") throw new DataError(`${who}: missing field ${id}: expected a number`);
  return value;
}

function list(from: ThriftStruct, id: number): readonly ThriftValue[] {
  const value = from.get(id);
  if (!Array.isArray(value)) throw new DataError(`${who}: missing field ${id}: expected a list`);
  return value;
}

function struct(value: ThriftValue): ThriftStruct {
  if (!(value instanceof Map)) throw new DataError(`${who}: invalid field: expected a struct`);
  return value;
}

function binary(value: ThriftValue | undefined): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) throw new DataError(`${who}: invalid field: expected text`);
  return value;
}

function text(from: ThriftStruct, id: number): string {
  return new TextDecoder().decode(binary(from.get(id)));
}
