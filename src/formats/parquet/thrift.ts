import { DataError } from "../../core/errors.ts";
import type { Cursor } from "../Cursor.ts";
import type { Budget } from "../limits.ts";

/** A struct of the compact protocol: field id → value. Binary values keep their bytes. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue = boolean | number | Uint8Array<ArrayBuffer> | readonly ThriftValue[] | ThriftStruct;

const who = "parquet";
const maxDepth = 24;
/** Chosen: what a small value takes in memory, its place in a map included. */
const valueBytes = 64;

/**
 * Parse one struct in Thrift's compact protocol.
 *
 * Every field and every list item but a struct's end takes a byte, so counts are held against what is left before
 * anything is made; each value is charged.
 *
 * @throws DataError on more than 24 levels, a field twice, an integer beyond 2⁵³, or maps and sets, which Parquet does not use.
 */
export function parseStruct(cursor: Cursor, budget: Budget, depth = 0): ThriftStruct {
  if (depth > maxDepth)
    throw new DataError(`${who}: invalid nesting: expected at most ${maxDepth} levels, got more`, cursor.offset);
  const fields = new Map<number, ThriftValue>();
  let id = 0;
  for (;;) {
    const at = cursor.offset;
    const byte = cursor.u8("field");
    const type = byte & 15;
    if (type === 0) return fields;
    id = byte >> 4 ? id + (byte >> 4) : zigzag(cursor);
    if (fields.has(id)) throw new DataError(`${who}: invalid struct: expected field ${id} once, got it twice`, at);
    fields.set(id, type === 1 ? true : type === 2 ? false : readValue(cursor, type, budget, depth));
  }
}

function readValue(cursor: Cursor, type: number, budget: Budget, depth: number): ThriftValue {
  const at = cursor.offset;
  budget.charge(valueBytes, who, "a value", at);
  switch (type) {
    case 1:
    case 2:
      return cursor.u8("boolean") === 1;
    case 3:
      return (cursor.u8("byte") << 24) >> 24;
    case 4:
    case 5:
    case 6:
      return zigzag(cursor);
    case 7:
      return cursor.f64("number");
    case 8:
      return cursor.take(varint(cursor), "text");
    case 9: {
      const head = cursor.u8("list");
      const count = head >> 4 === 15 ? varint(cursor) : head >> 4;
      if (count > cursor.left)
        throw new DataError(`${who}: invalid list: expected at most ${cursor.left} items, got ${count}`, at);
      const items: ThriftValue[] = [];
      for (let i = 0; i < count; i++) items.push(readValue(cursor, head & 15, budget, depth + 1));
      return items;
    }
    case 12:
      return parseStruct(cursor, budget, depth + 1);
  }
  throw new DataError(`${who}: unknown type of a value: expected one that Parquet uses, got ${type}`, at);
}

/** An unsigned integer, seven bits a byte, the lowest first. @throws DataError beyond 2⁵³. */
export function varint(cursor: Cursor): number {
  return Number(bits(cursor));
}

function zigzag(cursor: Cursor): number {
  const value = bits(cursor);
  return Number(value & 1n ? -((value + 1n) >> 1n) : value >> 1n);
}

function bits(cursor: Cursor): bigint {
  const at = cursor.offset;
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = cursor.u8("number");
    value |= BigInt(byte & 127) << shift;
    if (value >= 1n << 54n || shift > 63n)
      throw new DataError(`${who}: invalid number: expected one below 2^53, got a larger one`, at);
    if (!(byte & 128)) return value;
  }
}
