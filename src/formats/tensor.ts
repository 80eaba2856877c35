import { DataError, UsageError } from "../core/errors.ts";
import type { ObjectInfo } from "./Format.ts";
import { elementCount } from "./limits.ts";

/** Element types a file may hold. 16-bit floats and booleans are kept as the raw integers they are stored as. */
const arrays = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

export type DType = keyof typeof arrays;
export type TensorData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** Numbers in row-major order. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Is this the name of an element type that is read? */
export function isDType(name: string): name is DType {
  return Object.hasOwn(arrays, name);
}

/** Bytes of one element. */
export function itemSize(dtype: DType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

export function isFloat(dtype: string): boolean {
  return dtype.includes("float");
}

/** The element type that a typed array stands for, where nothing else is said. */
export function dtypeOf(data: TensorData): DType {
  for (const [name, array] of Object.entries(arrays)) if (data instanceof array) return name as DType;
  throw new UsageError("dtypeOf: unknown array: expected a typed array of numbers");
}

/**
 * See little-endian bytes as numbers; copies only where they are not aligned.
 *
 * @throws DataError unless the bytes are exactly what the shape needs.
 */
export function tensorFromBytes(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DType,
  shape: readonly number[],
  who: string,
  offset?: number,
): StoredTensor {
  const need = elementCount(shape, who, "tensor", offset) * itemSize(dtype);
  if (bytes.length !== need)
    throw new DataError(
      `${who}: invalid tensor: expected ${need} bytes for ${describe(dtype, shape)}, got ${bytes.length}`,
      offset,
    );
  return { dtype, shape, data: viewAs(bytes, dtype) };
}

/** See bytes as numbers of one type; copies only where they are not aligned. The length is a multiple of the item size. */
export function viewAs(bytes: Uint8Array<ArrayBuffer>, dtype: DType): TensorData {
  const array = arrays[dtype];
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, aligned.byteLength / array.BYTES_PER_ELEMENT);
}

/** Copy big-endian numbers into little-endian order. The length is a multiple of the item size. */
export function swapBytes(bytes: Uint8Array<ArrayBuffer>, dtype: DType): Uint8Array<ArrayBuffer> {
  const size = itemSize(dtype);
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += size)
    for (let i = 0; i < size; i++) out[start + i] = bytes[start + size - 1 - i];
  return out;
}

/** The little-endian bytes of a tensor, not copied. */
export function tensorBytes(data: TensorData): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** `float32 [10, 3, 32, 32]`. */
export function describe(dtype: string, shape: readonly number[]): string {
  return `${dtype} [${shape.join(", ")}]`;
}

/** The value of an IEEE 754 half-precision number. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Make an empty array of the same kind. */
export function sameKind(data: TensorData, length: number): TensorData {
  return new (data.constructor as new (length: number) => TensorData)(length);
}

/**
 * Copy `shape` numbers out of strided storage into row-major order. All indices have been checked to lie inside.
 *
 * @param strides numbers between neighbours along each dimension.
 */
export function gather(
  data: TensorData,
  start: number,
  shape: readonly number[],
  strides: readonly number[],
): TensorData {
  const count = shape.reduce((product, size) => product * size, 1);
  const out = sameKind(data, count);
  if (count === 0) return out;
  const rank = shape.length;
  const inner = rank ? shape[rank - 1] : 1;
  const step = rank ? strides[rank - 1] : 1;
  const index = new Array<number>(rank).fill(0);
  let from = start;
  for (let at = 0; at < count; ) {
    for (let i = 0, p = from; i < inner; i++, p += step) out[at++] = data[p];
    for (let d = rank - 2; d >= 0; d--) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

/** Strides of an array whose last dimension varies fastest. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let d = shape.length - 1, step = 1; d >= 0; step *= shape[d--]) strides[d] = step;
  return strides;
}

/** Reorder numbers whose first dimension varies fastest. */
export function fromFortran(data: TensorData, shape: readonly number[]): TensorData {
  if (shape.length < 2) return data;
  return gather(data, 0, shape, rowMajorStrides([...shape].reverse()).reverse());
}

/** Convert to 32-bit floats. float32 comes back as it is, without a copy. */
export function toFloat32({ dtype, data }: StoredTensor): Float32Array<ArrayBuffer> {
  if (data instanceof Float32Array) return data;
  const out = new Float32Array(data.length);
  if (dtype === "float16") for (let i = 0; i < out.length; i++) out[i] = fromFloat16(data[i] as number);
  else if (dtype === "bfloat16") {
    const words = new Uint32Array(out.buffer);
    for (let i = 0; i < out.length; i++) words[i] = (data[i] as number) << 16;
  } else for (let i = 0; i < out.length; i++) out[i] = Number(data[i]);
  return out;
}

/**
 * Convert integers to 32-bit class indices.
 *
 * @throws DataError on a value that is no whole number in [0, 2³¹).
 */
export function toClassIndices({ dtype, data }: StoredTensor, who: string): Int32Array<ArrayBuffer> {
  const out = new Int32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const value = dtype === "float16" ? fromFloat16(data[i] as number) : Number(data[i]);
    if (!(value >= 0 && value < 2 ** 31 && Number.isInteger(value)))
      throw new DataError(`${who}: invalid label ${i}: expected a class index ≥ 0, got ${value}`);
    out[i] = value;
  }
  return out;
}

/**
 * List a tensor with its range over finite values. The range is computed when somebody asks for it: opening a set for
 * training does not look at every number.
 */
export function objectInfo(path: string, tensor: StoredTensor): ObjectInfo {
  let source: StoredTensor | undefined = tensor;
  let range: { min: number; max: number } | undefined;
  const find = () => {
    if (source) range = finiteRange(source);
    source = undefined;
    return range;
  };
  return {
    path,
    dtype: tensor.dtype,
    shape: tensor.shape,
    get min() {
      return find()?.min;
    },
    get max() {
      return find()?.max;
    },
  };
}

function finiteRange(tensor: StoredTensor): { min: number; max: number } | undefined {
  const { data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return rangeOf(Float64Array.from(data, Number));
  if (tensor.dtype === "float16" || tensor.dtype === "bfloat16") return rangeOfFloats(toFloat32(tensor));
  return data instanceof Float32Array ? rangeOfFloats(data) : rangeOf(data);
}

/** The same loop as `rangeOf`, for the type that nearly all large tensors have: seven times as fast for seeing no other. */
function rangeOfFloats(values: Float32Array): { min: number; max: number } | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < min && value !== Number.NEGATIVE_INFINITY) min = value;
    if (value > max && value !== Number.POSITIVE_INFINITY) max = value;
  }
  return min <= max ? { min, max } : undefined;
}

function rangeOf(values: ArrayLike<number>): { min: number; max: number } | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < min && value !== Number.NEGATIVE_INFINITY) min = value;
    if (value > max && value !== Number.POSITIVE_INFINITY) max = value;
  }
  return min <= max ? { min, max } : undefined;
}
