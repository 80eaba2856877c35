import { DataError, UsageError } from "../../core/errors.ts";
import type { SourceFile } from "../Format.ts";
import { Budget, elementCount } from "../limits.ts";
import { memoryFile } from "../memorySource.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { type Json, strictJson } from "../strictJson.ts";
import {
  type DType,
  dtypeOf,
  itemSize,
  type StoredTensor,
  type TensorData,
  tensorBytes,
  tensorFromBytes,
} from "../tensor.ts";

/** Names of the element types in a safetensors header. */
const codes = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
} as const satisfies Record<string, DType>;

/** 1 MB, from the specification of the readers (§3). */
const maxHeader = 1_000_000;
const who = "safetensors";

interface SafetensorsEntry {
  /** Absent: a type that is listed and not read. */
  readonly dtype: DType | undefined;
  /** As the header calls it. */
  readonly code: string;
  readonly shape: readonly number[];
  /** Position in the file, and bytes. */
  readonly offset: number;
  readonly length: number;
}

export interface SafetensorsFile {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  tensor(name: string): Promise<StoredTensor>;
}

/**
 * Open a safetensors file: header of at most 1 MB beginning with "{", no key twice, tensors back to back from the
 * first byte after the header to the last of the file.
 *
 * @throws DataError naming the broken rule.
 */
export async function openSafetensors(file: SourceFile, budget = new Budget()): Promise<SafetensorsFile> {
  if (file.size < 8) throw new DataError(`${who}: invalid file: expected at least 8 bytes, got ${file.size}`, 0);
  const prefix = await file.read(0, 8);
  const declared = new DataView(prefix.buffer).getBigUint64(0, true);
  if (declared > BigInt(Math.min(maxHeader, file.size - 8)))
    throw new DataError(
      `${who}: invalid header length: expected at most ${Math.min(maxHeader, file.size - 8)} bytes, got ${declared}`,
      0,
    );
  const length = Number(declared);
  budget.charge(32 * length, who, "header", 0);
  const { entries, metadata } = parseHeader(await file.read(8, length), 8 + length);
  checkTiling(entries, 8 + length, file.size);
  return {
    entries,
    metadata,
    async tensor(name) {
      const entry = entries.get(name);
      if (!entry) throw new DataError(`${who}: missing tensor: expected ${JSON.stringify(name)}`);
      if (entry.dtype === undefined)
        throw new NotRecognised(
          `${who}: unknown dtype of ${JSON.stringify(name)}: expected one that is read, got ${entry.code}`,
        );
      budget.charge(entry.length, who, name, entry.offset);
      const bytes = await file.read(entry.offset, entry.length);
      return tensorFromBytes(bytes, entry.dtype, entry.shape, who, entry.offset);
    },
  };
}

function parseHeader(bytes: Uint8Array<ArrayBuffer>, dataStart: number) {
  if (bytes[0] !== 0x7b) throw new DataError(`${who}: invalid header: expected "{" as its first byte`, 8);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DataError(`${who}: invalid header: expected UTF-8 text`, 8);
  }
  const header = strictJson(text, who, 8) as ReadonlyMap<string, Json>; // it begins with "{"
  const entries = new Map<string, SafetensorsEntry>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of header) {
    if (name === "__metadata__") metadata = textEntries(value);
    else entries.set(name, tensorEntry(name, value, dataStart));
  }
  return { entries, metadata };
}

function textEntries(value: Json): ReadonlyMap<string, string> {
  if (!(value instanceof Map) || ![...value.values()].every((v) => typeof v === "string"))
    throw new DataError(`${who}: invalid __metadata__: expected an object of texts`, 8);
  return value as ReadonlyMap<string, string>;
}

function tensorEntry(name: string, value: Json, dataStart: number): SafetensorsEntry {
  const wrong = (what: string, expected: string): never => {
    throw new DataError(`${who}: invalid ${what} of ${JSON.stringify(name)}: expected ${expected}`, 8);
  };
  if (!(value instanceof Map) || value.size !== 3) return wrong("entry", "dtype, shape and data_offsets, nothing else");
  const members = value as ReadonlyMap<string, Json>;
  const code = members.get("dtype");
  const shape = members.get("shape");
  const offsets = members.get("data_offsets");
  if (typeof code !== "string" || !/^[A-Z][A-Z0-9_]{0,31}$/.test(code))
    return wrong("dtype", `one of ${Object.keys(codes).join(", ")}, got ${JSON.stringify(code)}`);
  if (!Array.isArray(shape)) return wrong("shape", "a list");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((v) => Number.isSafeInteger(v) && v >= 0))
    return wrong("data_offsets", "two whole numbers");
  const [begin, end] = offsets as [number, number];
  if (!Object.hasOwn(codes, code)) {
    elementCount(shape, who, name, 8);
    if (end < begin) wrong("data_offsets", "an end after the beginning");
    return { dtype: undefined, code, shape, offset: dataStart + begin, length: end - begin };
  }
  const dtype = codes[code as keyof typeof codes];
  const need = elementCount(shape, who, name, 8) * itemSize(dtype);
  if (end - begin !== need) wrong("data_offsets", `${need} bytes for its shape and dtype, got ${end - begin}`);
  return { dtype, code, shape, offset: dataStart + begin, length: need };
}

/** Tensors must cover the rest of the file: no overlap, no hole, nothing after. */
function checkTiling(entries: ReadonlyMap<string, SafetensorsEntry>, start: number, size: number): void {
  let expected = start;
  for (const [name, entry] of [...entries].sort((a, b) => a[1].offset - b[1].offset || a[1].length - b[1].length)) {
    if (entry.offset !== expected)
      throw new DataError(
        `${who}: invalid data_offsets of ${JSON.stringify(name)}: expected to begin at ${expected}, got ${entry.offset}; ` +
          (entry.offset < expected ? "tensors overlap" : "there is a hole before it"),
        entry.offset,
      );
    expected += entry.length;
  }
  if (expected !== size)
    throw new DataError(`${who}: invalid file: expected the last tensor to end at ${size}, got ${expected}`, expected);
}

/** What the writer takes for one tensor. `dtype` is needed only for 16-bit floats and booleans. */
export interface TensorInput {
  readonly shape: readonly number[];
  readonly data: TensorData;
  readonly dtype?: DType;
}

/**
 * Write named tensors and text metadata as a safetensors file.
 *
 * Same tensors and metadata, same bytes: large element types first, then by name; keys of the metadata sorted; header
 * padded with spaces to a multiple of 8 so that every tensor is aligned.
 *
 * @throws UsageError if a shape does not fit its data.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, TensorInput>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const list = Object.entries(tensors).map(([name, { shape, data, dtype = dtypeOf(data) }]) => {
    if (name === "__metadata__")
      throw new UsageError(`writeSafetensors: invalid name: expected none of "__metadata__"`);
    const count = elementCount(shape, "writeSafetensors", name);
    if (count !== data.length || itemSize(dtype) !== data.BYTES_PER_ELEMENT)
      throw new UsageError(
        `writeSafetensors: invalid ${name}: expected ${dtype} [${shape}], got ${data.length} numbers of ${data.BYTES_PER_ELEMENT} bytes`,
      );
    return { name, shape, dtype, bytes: tensorBytes(data) };
  });
  list.sort((a, b) => itemSize(b.dtype) - itemSize(a.dtype) || (a.name < b.name ? -1 : 1));
  const keys = Object.keys(metadata).sort();
  const members = keys.length
    ? [`"__metadata__":{${keys.map((k) => `${JSON.stringify(k)}:${JSON.stringify(metadata[k])}`).join(",")}}`]
    : [];
  let position = 0;
  for (const { name, shape, dtype, bytes } of list) {
    const code = Object.keys(codes).find((key) => codes[key as keyof typeof codes] === dtype);
    const offsets = [position, position + bytes.length];
    position += bytes.length;
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: code, shape, data_offsets: offsets })}`);
  }
  const header = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  if (padded > maxHeader)
    throw new UsageError(
      `writeSafetensors: invalid metadata: expected a header of at most ${maxHeader} bytes, got ${padded}`,
    );
  const out = new Uint8Array(8 + padded + position).fill(0x20, 8, 8 + padded);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(header, 8);
  let at = 8 + padded;
  for (const { bytes } of list) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/**
 * Read every tensor of a safetensors file.
 *
 * @throws DataError naming the broken rule.
 */
export async function readSafetensors(
  bytes: Uint8Array,
  maxBytes?: number,
): Promise<{ tensors: Record<string, StoredTensor>; metadata: Record<string, string> }> {
  const file = await openSafetensors(memoryFile("bytes", bytes), new Budget(maxBytes));
  const tensors: [string, StoredTensor][] = [];
  for (const name of file.entries.keys()) tensors.push([name, await file.tensor(name)]);
  return { tensors: Object.fromEntries(tensors), metadata: Object.fromEntries(file.metadata) };
}
