import { UsageError } from "../../core/errors.ts";
import type { DType } from "../tensor.ts";

/** A tensor whose numbers lie under `key` beside the pickle. */
interface TensorRef {
  readonly key: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What the writer can describe: dictionaries, lists and tensors. */
export type Writable =
  | { readonly tensor: TensorRef }
  | { readonly list: readonly Writable[] }
  | { readonly dict: readonly (readonly [string, Writable])[] };

const storageNames: Partial<Record<DType, string>> = {
  float64: "DoubleStorage",
  float32: "FloatStorage",
  int64: "LongStorage",
  int32: "IntStorage",
  uint8: "ByteStorage",
};

/** Describe a value in pickle protocol 2, as PyTorch's own `data.pkl` does. Same value, same bytes. */
export function writePickle(value: Writable): Uint8Array<ArrayBuffer> {
  const out: number[] = [0x80, 2];
  write(value, out);
  out.push(0x2e);
  return Uint8Array.from(out);
}

function write(value: Writable, out: number[]): void {
  if ("tensor" in value) writeTensor(value.tensor, out);
  else if ("list" in value) {
    out.push(0x5d, 0x28); // EMPTY_LIST MARK … APPENDS
    for (const item of value.list) write(item, out);
    out.push(0x65);
  } else {
    out.push(0x7d, 0x28); // EMPTY_DICT MARK … SETITEMS
    for (const [key, item] of value.dict) {
      writeText(key, out);
      write(item, out);
    }
    out.push(0x75);
  }
}

function writeTensor({ key, dtype, shape }: TensorRef, out: number[]): void {
  const storage = storageNames[dtype];
  if (!storage)
    throw new UsageError(`writePickle: unknown element type: expected ${Object.keys(storageNames)}, got ${dtype}`);
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1));
  const count = shape.reduce((product, size) => product * size, 1);
  writeGlobal("torch._utils", "_rebuild_tensor_v2", out);
  out.push(0x28, 0x28); // MARK MARK
  writeText("storage", out);
  writeGlobal("torch", storage, out);
  writeText(key, out);
  writeText("cpu", out);
  writeInteger(count, out);
  out.push(0x74, 0x51); // TUPLE BINPERSID
  writeInteger(0, out);
  writeIntegers(shape, out);
  writeIntegers(strides, out);
  out.push(0x89); // NEWFALSE: requires_grad
  writeGlobal("collections", "OrderedDict", out);
  out.push(0x29, 0x52, 0x74, 0x52); // EMPTY_TUPLE REDUCE TUPLE REDUCE
}

function writeIntegers(values: readonly number[], out: number[]): void {
  out.push(0x28);
  for (const value of values) writeInteger(value, out);
  out.push(0x74);
}

function writeInteger(value: number, out: number[]): void {
  if (value < 256) out.push(0x4b, value);
  else if (value < 65_536) out.push(0x4d, value & 255, value >> 8);
  else if (value < 2 ** 31) out.push(0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24);
  else throw new UsageError(`writePickle: invalid size: expected fewer than 2^31 numbers, got ${value}`);
}

function writeText(text: string, out: number[]): void {
  const bytes = new TextEncoder().encode(text);
  const { length } = bytes;
  out.push(0x58, length & 255, (length >> 8) & 255, (length >> 16) & 255, length >> 24, ...bytes);
}

function writeGlobal(module: string, name: string, out: number[]): void {
  out.push(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
}
