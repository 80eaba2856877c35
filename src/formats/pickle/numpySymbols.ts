import { type Budget, elementCount } from "../limits.ts";
import { type DType, fromFloat16, fromFortran, itemSize, swapBytes, viewAs } from "../tensor.ts";
import { PickleFault } from "./PickleFault.ts";
import { isKind, type PickleArray, type PickleDType, type PickleValue, pickleKind, textOf } from "./values.ts";

/** NumPy's letter and size of each readable element type. */
const codes: Readonly<Record<string, DType>> = {
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  b1: "bool",
};

/** Complex numbers, long doubles, texts, times, structures and Python objects: listed, not read. */
const foreignCode = /^([USV]\d{1,9}|c(8|16|32)|f16|[Mm]8|O[48]?)$/;

/** `numpy.dtype("f8", False, True)`. Objects of an array stand in the same pickle, so that they are as described as everything in it. */
export function makeDType(args: readonly PickleValue[], offset: number): PickleDType {
  const [code, align, copy] = args;
  const text = textOf(code);
  const flags = [align, copy].every((flag) => typeof flag === "boolean" || flag === 0 || flag === 1);
  if (args.length !== 3 || text === undefined || !flags)
    throw fault(
      `invalid dtype: expected a code and two flags, got (${args.slice(0, 4).map(pickleKind).join(", ")})`,
      offset,
    );
  if (foreignCode.test(text)) return { kind: "dtype", code: text, dtype: undefined };
  if (!Object.hasOwn(codes, text))
    throw fault(
      `invalid dtype: expected one of ${Object.keys(codes).join(", ")}, got ${JSON.stringify(text.slice(0, 20))}`,
      offset,
    );
  return { kind: "dtype", code: text, dtype: codes[text] };
}

/** BUILD on a dtype: `(3, "<", None, None, None, -1, -1, 0)` and nothing else. */
export function applyDTypeState(target: PickleDType, state: PickleValue, offset: number): PickleDType {
  const items = isKind(state, "tuple") ? state.items : [];
  const order = textOf(items[1]);
  if (target.dtype === undefined && items.length >= 8) return target;
  const plain =
    (items.length === 8 || items.length === 9) &&
    items[0] === 3 + (items.length - 8) &&
    items.slice(2, 5).every((item) => item === null) &&
    items[5] === -1 &&
    items[6] === -1 &&
    items[7] === 0 &&
    (items[8] === undefined || items[8] === null);
  if (!plain || order === undefined)
    throw fault("invalid dtype state: expected version 3, a byte order and no fields", offset);
  if (!["<", "|", "=", ">"].includes(order)) throw fault("invalid dtype: expected byte order <, >, | or =", offset);
  target.bigEndian = order === ">";
  return target;
}

/** `scalar(dtype, bytes)`. */
export function makeScalar(args: readonly PickleValue[], offset: number): PickleValue {
  const [type, raw] = args;
  if (args.length !== 2 || !isKind(type, "dtype") || !isKind(raw, "bytes"))
    throw fault(
      `invalid scalar: expected a dtype and bytes, got (${args.slice(0, 4).map(pickleKind).join(", ")})`,
      offset,
    );
  if (type.dtype === undefined) return { kind: "opaque", name: `numpy.${type.code}` };
  if (raw.bytes.length !== itemSize(type.dtype))
    throw fault(`invalid scalar: expected ${itemSize(type.dtype)} bytes, got ${raw.bytes.length}`, offset);
  const bytes = type.bigEndian ? swapBytes(raw.bytes, type.dtype) : new Uint8Array(raw.bytes);
  const stored = viewAs(bytes, type.dtype)[0];
  const value = type.dtype === "float16" ? fromFloat16(stored as number) : stored;
  return { kind: "scalar", dtype: type.dtype, value: type.dtype === "bool" ? value !== 0 : value };
}

/**
 * BUILD on an array: `(1, shape, dtype, is_fortran, bytes)`, a list of objects in place of bytes for `O`. The bytes are seen, not
 * copied, where they are aligned and in this order; copies are charged.
 */
export function applyArrayState(target: PickleArray, state: PickleValue, offset: number, budget: Budget): PickleArray {
  const items = isKind(state, "tuple") ? state.items : [];
  const [version, shape, type, fortran, raw] = items;
  const isPlain = isKind(raw, "bytes") || (isKind(raw, "list") && isKind(type, "dtype") && /^[OV]/.test(type.code));
  if (items.length !== 5 || version !== 1 || !isKind(shape, "tuple") || !isKind(type, "dtype") || !isPlain)
    throw fault(
      `invalid array state: expected (1, shape, dtype, order, bytes), got (${items.slice(0, 6).map(pickleKind).join(", ")})`,
      offset,
    );
  if (target.tensor !== undefined || target.foreign)
    throw fault("invalid array state: expected it once, got it twice", offset);
  const sizes = shape.items.map((size) => (typeof size === "number" ? size : Number.NaN));
  if (isKind(raw, "list")) return fillObjects(target, type, sizes, raw.items, offset);
  return fillArray(target, type, sizes, raw.bytes, fortran === true || fortran === 1, offset, budget);
}

function fillObjects(
  target: PickleArray,
  type: PickleDType,
  sizes: readonly number[],
  items: readonly PickleValue[],
  offset: number,
): PickleArray {
  const count = elementCount(sizes, "pickle", "array", offset);
  if (count !== items.length)
    throw fault(
      `invalid array: expected ${count} objects for shape [${sizes.join(", ")}], got ${items.length}`,
      offset,
    );
  target.foreign = { dtype: type.code.startsWith("O") ? "object" : type.code, shape: sizes };
  if (type.code.startsWith("O")) target.items = items;
  return target;
}

/** `_frombuffer(buffer, dtype, shape, order)`: how NumPy writes arrays in protocol 5. */
export function fromBuffer(args: readonly PickleValue[], offset: number, budget: Budget): PickleArray {
  const [raw, type, shape, order] = args;
  const letter = textOf(order);
  if (
    args.length !== 4 ||
    !isKind(raw, "bytes") ||
    !isKind(type, "dtype") ||
    !isKind(shape, "tuple") ||
    !/^[CF]$/.test(letter ?? "")
  )
    throw fault(
      `invalid arguments of _frombuffer: expected (bytes, dtype, shape, order), got (${args.slice(0, 6).map(pickleKind).join(", ")})`,
      offset,
    );
  const sizes = shape.items.map((size) => (typeof size === "number" ? size : Number.NaN));
  return fillArray({ kind: "array", tensor: undefined }, type, sizes, raw.bytes, letter === "F", offset, budget);
}

function fillArray(
  target: PickleArray,
  type: PickleDType,
  sizes: readonly number[],
  bytes: Uint8Array<ArrayBuffer>,
  isFortran: boolean,
  offset: number,
  budget: Budget,
): PickleArray {
  if (type.dtype === undefined) {
    elementCount(sizes, "pickle", "array", offset);
    target.foreign = { dtype: type.code, shape: sizes };
    return target;
  }
  const need = elementCount(sizes, "pickle", "array", offset) * itemSize(type.dtype);
  if (need !== bytes.length)
    throw fault(`invalid array: expected ${need} bytes for shape [${sizes.join(", ")}], got ${bytes.length}`, offset);
  if (type.bigEndian || isFortran) budget.charge(need, "pickle", "an array in the order of this machine", offset);
  const data = viewAs(type.bigEndian ? swapBytes(bytes, type.dtype) : bytes, type.dtype);
  target.tensor = { dtype: type.dtype, shape: sizes, data: isFortran ? fromFortran(data, sizes) : data };
  return target;
}

function fault(message: string, offset: number): PickleFault {
  return new PickleFault("pickle-numpy", message, offset);
}
