import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import { type Budget, elementCount } from "../limits.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { type DType, fromFortran, itemSize, type StoredTensor, swapBytes, viewAs } from "../tensor.ts";
import { parseHeader } from "./npyHeader.ts";
import { textArray } from "./textArray.ts";

export const npyMagic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** 10 kB, from the specification of the readers (§3). */
const maxHeader = 10_000;

/** NumPy's type strings that can be read. */
const readable: Readonly<Record<string, DType>> = {
  "|u1": "uint8",
  "|i1": "int8",
  "|b1": "bool",
  "<u2": "uint16",
  "<i2": "int16",
  "<u4": "uint32",
  "<i4": "int32",
  "<u8": "uint64",
  "<i8": "int64",
  "<f2": "float16",
  "<f4": "float32",
  "<f8": "float64",
};

interface NpyHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  readonly bigEndian: boolean;
  readonly python2: boolean;
  /** Where the numbers begin. */
  readonly dataStart: number;
}

/** Numbers of a type that is listed and not read: complex, text, times, structures. */
export class NpyForeign extends NotRecognised {
  override name = "NpyForeign";
  readonly dtype: string;
  readonly shape: readonly number[];
  /** What an array of texts says. */
  readonly texts: readonly string[] | undefined;
  constructor(message: string, dtype: string, shape: readonly number[], offset: number, texts?: readonly string[]) {
    super(message, offset);
    this.dtype = dtype;
    this.shape = shape;
    this.texts = texts;
  }
}

/** A `.npy` file that holds pickled objects: `pickle` is where they begin. */
export class NpyObjects extends DataError {
  override name = "NpyObjects";
  readonly pickleStart: number;
  constructor(message: string, pickleStart: number, offset: number) {
    super(message, offset);
    this.pickleStart = pickleStart;
  }
}

/**
 * Read the header of a `.npy` file: `\x93NUMPY`, version 1 to 3, a literal dictionary of at most 10 kB with exactly
 * `descr`, `fortran_order` and `shape`. The text is cut into tokens, never evaluated.
 *
 * @throws NpyObjects if it holds objects; DataError naming any other type that is refused.
 */
function readNpyHeader(bytes: Uint8Array<ArrayBuffer>, who: string): NpyHeader {
  const cursor = new Cursor(bytes, who);
  const magic = cursor.take(6, "magic");
  if (!npyMagic.every((byte, i) => magic[i] === byte))
    throw new DataError(`${who}: invalid magic: expected \\x93NUMPY`, 0);
  const major = cursor.u8("version");
  const minor = cursor.u8("version");
  if (major < 1 || major > 3 || minor !== 0)
    throw new DataError(`${who}: unknown version: expected 1.0, 2.0 or 3.0, got ${major}.${minor}`, 6);
  const length = major === 1 ? cursor.u16("header length") : cursor.u32("header length");
  if (length > maxHeader)
    throw new DataError(`${who}: invalid header length: expected at most ${maxHeader} bytes, got ${length}`, 8);
  const start = cursor.offset;
  const text = Array.from(cursor.take(length, "header"), (byte) => String.fromCharCode(byte)).join("");
  const { descr, fortran, shape, python2 } = parseHeader(text, who, start);
  const dataStart = cursor.offset;
  const hasObjects = typeof descr === "string" ? /O|obj/.test(descr) : descr.objects;
  if (hasObjects)
    throw new NpyObjects(
      `${who}: invalid descr: expected numbers, got Python objects (${typeof descr === "string" ? JSON.stringify(descr.slice(0, 40)) : "in a structure"})`,
      dataStart,
      start,
    );
  if (typeof descr !== "string")
    throw new NpyForeign(
      `${who}: invalid descr: expected a plain number type, got a structured one`,
      "structure",
      shape,
      start,
    );
  const little = descr.replace(/^>/, "<");
  if (!Object.hasOwn(readable, little))
    throw new NpyForeign(
      `${who}: invalid descr: expected one of ${Object.keys(readable).join(", ")}, or > for <, got ${JSON.stringify(descr.slice(0, 40))}`,
      descr.slice(0, 40),
      shape,
      start,
      textArray(descr, bytes.subarray(dataStart)),
    );
  return { dtype: readable[little], shape, fortran, bigEndian: little !== descr, python2, dataStart };
}

/** An array, and whether Python 2 wrote its header. */
export interface NpyArray extends StoredTensor {
  readonly python2: boolean;
}

/**
 * Read a whole `.npy` file.
 *
 * @throws DataError unless the rest of the file is exactly what shape and type need.
 */
export function readNpy(bytes: Uint8Array<ArrayBuffer>, budget: Budget, who: string): NpyArray {
  const { dtype, shape, fortran, bigEndian, python2, dataStart } = readNpyHeader(bytes, who);
  const need = elementCount(shape, who, "array", dataStart) * itemSize(dtype);
  if (need !== bytes.length - dataStart)
    throw new DataError(
      `${who}: invalid array: expected ${need} bytes for ${dtype} [${shape.join(", ")}], got ${bytes.length - dataStart}`,
      dataStart,
    );
  budget.charge(need, who, "array", dataStart);
  const stored = bytes.subarray(dataStart);
  const data = viewAs(bigEndian ? swapBytes(stored, dtype) : new Uint8Array(stored), dtype);
  if (!fortran || shape.length < 2) return { dtype, shape, data, python2 };
  budget.charge(need, who, "array in row-major order", dataStart);
  return { dtype, shape, data: fromFortran(data, shape), python2 };
}

/** Write a tensor as a version 1.0 `.npy` file, numbers aligned to 64 bytes as NumPy does. */
export function writeNpy({ dtype, shape, data }: StoredTensor): Uint8Array<ArrayBuffer> {
  const descr = Object.keys(readable).find((key) => readable[key] === dtype);
  if (!descr) throw new DataError(`npy: unknown element type: expected one that NumPy has, got ${dtype}`);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const padded = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const out = new Uint8Array(padded + data.byteLength).fill(0x20, 10, padded);
  out.set([...npyMagic, 1, 0, (padded - 10) & 255, (padded - 10) >> 8]);
  out.set(new TextEncoder().encode(dict), 10);
  out[padded - 1] = 10;
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), padded);
  return out;
}
