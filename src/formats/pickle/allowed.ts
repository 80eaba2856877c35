import type { Budget } from "../limits.ts";
import type { DType } from "../tensor.ts";
import { applyArrayState, applyDTypeState, fromBuffer, makeDType, makeScalar } from "./numpySymbols.ts";
import { PickleFault } from "./PickleFault.ts";
import { torchSafe } from "./torchSafeList.ts";
import { rebuildParameter, rebuildTensor, rebuildTensorV3 } from "./torchSymbols.ts";
import { isKind, type PickleDict, type PickleValue, pickleKind } from "./values.ts";

/**
 * A name the machine knows. `call` is what REDUCE does with checked arguments; a name without it can be mentioned, not
 * called. `create` is what NEWOBJ does.
 */
interface Allowed {
  readonly call?: (args: readonly PickleValue[], offset: number, budget: Budget) => PickleValue;
  readonly create?: (args: readonly PickleValue[], offset: number) => PickleValue;
  /** Element type of a torch storage. */
  readonly storage?: StorageType;
}

/** An element type that is read, or the name and bytes of one that is only listed. */
export type StorageType = DType | { readonly name: string; readonly bytes: number };

const foreign = (name: string, bytes: number): StorageType => ({ name, bytes });

/** torch storages by element type. An untyped one holds bytes. */
const storages: Readonly<Record<string, StorageType>> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
  UntypedStorage: "uint8",
  ComplexDoubleStorage: foreign("complex128", 16),
  ComplexFloatStorage: foreign("complex64", 8),
  QInt32Storage: foreign("qint32", 4),
  QInt8Storage: foreign("qint8", 1),
  QUInt8Storage: foreign("quint8", 1),
  QUInt4x2Storage: foreign("quint4x2", 1),
  QUInt2x4Storage: foreign("quint2x4", 1),
};

const emptyDict =
  (who: string) =>
  (args: readonly PickleValue[], offset: number): PickleDict => {
    if (args.length !== 0) throw wrongArguments(who, "none", args, offset);
    return { kind: "dict", entries: new Map(), ordered: true };
  };

/**
 * The allow-list (specification §2, rule 2). Keys are module, line feed, name: neither can hold a line feed without
 * failing to match, so "a" + "b.c" is never taken for "a.b" + "c".
 */
const allowed: ReadonlyMap<string, Allowed> = new Map<string, Allowed>([
  ["collections\nOrderedDict", { call: emptyDict("OrderedDict"), create: emptyDict("OrderedDict") }],
  ["torch._utils\n_rebuild_tensor", { call: (args, offset, { limit }) => rebuildTensor(args, 4, offset, limit) }],
  ["torch._utils\n_rebuild_tensor_v2", { call: (args, offset, { limit }) => rebuildTensor(args, 6, offset, limit) }],
  ["torch._utils\n_rebuild_tensor_v3", { call: (args, offset, { limit }) => rebuildTensorV3(args, offset, limit) }],
  ["torch._utils\n_rebuild_parameter", { call: (args, offset) => rebuildParameter(args, 3, offset) }],
  ["torch._utils\n_rebuild_parameter_with_state", { call: (args, offset) => rebuildParameter(args, 4, offset) }],
  ["torch._tensor\n_rebuild_from_type_v2", { call: rebuildFromType }],
  ["torch\nSize", { call: makeSize }],
  ...Object.entries(storages).map(([name, storage]) => [`torch\n${name}`, { storage }] as const),
  ["torch.storage\nUntypedStorage", { storage: "uint8" }],
  ...pythonTypes("set", { call: makeSet }),
  ...pythonTypes("bytearray", { call: makeBytes }),
  ["numpy.core.multiarray\nscalar", { call: makeScalar }],
  ["numpy._core.multiarray\nscalar", { call: makeScalar }],
  ["numpy.core.multiarray\n_reconstruct", { call: reconstruct }],
  ["numpy._core.multiarray\n_reconstruct", { call: reconstruct }],
  ["numpy.core.numeric\n_frombuffer", { call: fromBuffer }],
  ["numpy._core.numeric\n_frombuffer", { call: fromBuffer }],
  ["numpy\nndarray", {}],
  ["numpy\ndtype", { call: makeDType }],
  ["_codecs\nencode", { call: encode }],
]);

/** Is this full name on the allow-list of this machine, or on torch's own? */
export function isAllowed(module: string, name: string): boolean {
  return entryOf(module, name) !== undefined;
}

/** What may be done with a name: what the table says; names of torch's safe list beyond it leave nothing but their name. */
function entryOf(module: string, name: string): Allowed | undefined {
  const known = allowed.get(`${module}\n${name}`);
  if (known) return known;
  const safe = torchSafe(module, name);
  if (safe === undefined) return undefined;
  const leave = (): PickleValue => ({ kind: "opaque", name: `${module}.${name}` });
  return safe === "constructor" ? { call: leave, create: leave } : {};
}

/** What REDUCE does: an allowed name applied to checked arguments. */
export function callGlobal(callee: PickleValue, args: PickleValue, offset: number, budget: Budget): PickleValue {
  const entry = isKind(callee, "global") ? entryOf(callee.module, callee.name) : undefined;
  if (!entry?.call)
    throw new PickleFault(
      "pickle-reduce",
      `invalid REDUCE: expected an allowed constructor, got ${pickleKind(callee)}`,
      offset,
    );
  if (!isKind(args, "tuple"))
    throw new PickleFault(
      "pickle-reduce",
      `invalid REDUCE: expected a tuple of arguments, got ${pickleKind(args)}`,
      offset,
    );
  return entry.call(args.items, offset, budget);
}

/** What NEWOBJ does: an empty OrderedDict, or something of which nothing but its name is kept. */
export function createObject(callee: PickleValue, args: PickleValue, offset: number): PickleValue {
  const entry = isKind(callee, "global") ? entryOf(callee.module, callee.name) : undefined;
  if (!entry?.create || !isKind(args, "tuple"))
    throw new PickleFault(
      "pickle-newobj",
      `invalid NEWOBJ: expected OrderedDict and a tuple, got ${pickleKind(callee)}`,
      offset,
    );
  return entry.create(args.items, offset);
}

/** What BUILD does: state for an ordered dictionary (`_metadata` of a state dict), a NumPy type or array. */
export function applyState(target: PickleValue, state: PickleValue, offset: number, budget: Budget): PickleValue {
  if (isKind(target, "opaque")) return target;
  if (isKind(target, "dtype")) return applyDTypeState(target, state, offset);
  if (isKind(target, "array")) return applyArrayState(target, state, offset, budget);
  if (isKind(target, "dict") && target.ordered && isKind(state, "dict")) {
    for (const key of state.entries.keys())
      if (key !== "_metadata")
        throw new PickleFault(
          "pickle-build",
          `invalid BUILD: expected the attribute _metadata, got ${show(key)}`,
          offset,
        );
    return target;
  }
  throw new PickleFault(
    "pickle-build",
    `invalid BUILD: expected state for an OrderedDict, a dtype or an array, got ${pickleKind(state)} for ${pickleKind(target)}`,
    offset,
  );
}

/** Element type of a storage class, undefined if the value is none. */
export function storageType(value: PickleValue): StorageType | undefined {
  return isKind(value, "global") ? allowed.get(`${value.module}\n${value.name}`)?.storage : undefined;
}

/** `_rebuild_from_type_v2(function, type, arguments, state)`: a tensor of a class of its own, of which the tensor is kept. */
function rebuildFromType(args: readonly PickleValue[], offset: number, budget: Budget): PickleValue {
  const [callee, , inner] = args;
  if (args.length !== 4) throw wrongArguments("_rebuild_from_type_v2", "four", args, offset);
  return callGlobal(callee, inner, offset, budget);
}

function pythonTypes(name: string, entry: Allowed): (readonly [string, Allowed])[] {
  return ["builtins", "__builtin__"].map((module) => [`${module}\n${name}`, entry] as const);
}

function makeSet(args: readonly PickleValue[], offset: number): PickleValue {
  if (args.length > 1) throw wrongArguments("set", "at most one list", args, offset);
  return { kind: "set" };
}

/** `bytearray(bytes)`, or `bytearray(text, "latin-1")` as Python 2 and protocol 2 have it. */
function makeBytes(args: readonly PickleValue[], offset: number): PickleValue {
  if (args.length === 0) return { kind: "bytes", bytes: new Uint8Array() };
  if (args.length === 1 && isKind(args[0], "bytes")) return args[0];
  return encode(args, offset);
}

function makeSize(args: readonly PickleValue[], offset: number): PickleValue {
  const [sizes] = args;
  const items = isKind(sizes, "tuple") || isKind(sizes, "list") ? sizes.items : undefined;
  if (args.length > 1 || (args.length === 1 && !items?.every((v) => typeof v === "number")))
    throw wrongArguments("torch.Size", "a tuple of numbers", args, offset);
  return { kind: "tuple", items: items ? [...items] : [] };
}

/** numpy's empty array, before BUILD fills it: always `(ndarray, (0,), b"b")`. */
function reconstruct(args: readonly PickleValue[], offset: number): PickleValue {
  const [type, shape, code] = args;
  const isNdarray = isKind(type, "global") && type.module === "numpy" && type.name === "ndarray";
  const isZero = isKind(shape, "tuple") && shape.items.length === 1 && shape.items[0] === 0;
  const isByte = code === "b" || (isKind(code, "bytes") && code.bytes.length === 1 && code.bytes[0] === 98);
  if (args.length !== 3 || !isNdarray || !isZero || !isByte)
    throw wrongArguments("_reconstruct", 'numpy.ndarray, (0,) and b"b"', args, offset);
  return { kind: "array", tensor: undefined };
}

/** Python 3 writes bytes in protocol 2 as `_codecs.encode(text, "latin1")`. No other codec is looked up. */
function encode(args: readonly PickleValue[], offset: number): PickleValue {
  const [text, codec] = args;
  if (args.length !== 2 || typeof text !== "string" || (codec !== "latin1" && codec !== "latin-1"))
    throw wrongArguments("_codecs.encode", 'a text and "latin1"', args, offset);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw wrongArguments("_codecs.encode", "Latin-1 text", args, offset);
    bytes[i] = code;
  }
  return { kind: "bytes", bytes };
}

function wrongArguments(who: string, expected: string, args: readonly PickleValue[], offset: number): PickleFault {
  const got = args.slice(0, 8).map(pickleKind).join(", ");
  return new PickleFault("pickle-arguments", `invalid arguments of ${who}: expected ${expected}, got (${got})`, offset);
}

function show(key: PickleValue): string {
  return typeof key === "string" ? JSON.stringify(key.slice(0, 40)) : pickleKind(key);
}
