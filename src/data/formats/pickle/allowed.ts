import type { DType } from "../tensor.ts";
import { applyArrayState, applyDTypeState, makeDType, makeScalar } from "./numpySymbols.ts";
import { PickleFault } from "./PickleFault.ts";
import { rebuildTensor } from "./torchSymbols.ts";
import { isKind, kindOf, type PickleDict, type PickleValue, type TorchTensor } from "./values.ts";

/**
 * A name the machine knows. `call` is what REDUCE does with checked arguments; a name without it can be mentioned, not
 * called. `create` is what NEWOBJ does.
 */
interface Allowed {
  readonly call?: (args: readonly PickleValue[], offset: number, maxBytes: number) => PickleValue;
  readonly create?: (args: readonly PickleValue[], offset: number) => PickleValue;
  /** Element type of a torch storage; `null`: known, but not readable here. */
  readonly storage?: DType | null;
}

/** torch storages by element type. Complex and quantised numbers have names that are known and refused. */
const storages: Readonly<Record<string, DType | null>> = {
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
  ComplexDoubleStorage: null,
  ComplexFloatStorage: null,
  QInt32Storage: null,
  QInt8Storage: null,
  QUInt8Storage: null,
  QUInt4x2Storage: null,
  QUInt2x4Storage: null,
  UntypedStorage: null,
};

const dtypes =
  "float64 double float32 float float16 half bfloat16 int64 long int32 int int16 short int8 uint8 bool complex64 complex128";

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
  ["torch._utils\n_rebuild_tensor", { call: (args, offset, maxBytes) => rebuildTensor(args, 4, offset, maxBytes) }],
  ["torch._utils\n_rebuild_tensor_v2", { call: (args, offset, maxBytes) => rebuildTensor(args, 6, offset, maxBytes) }],
  ["torch._utils\n_rebuild_parameter", { call: rebuildParameter }],
  ["torch\nSize", { call: makeSize }],
  ...Object.entries(storages).map(([name, storage]) => [`torch\n${name}`, { storage }] as const),
  ...dtypes.split(" ").map((name) => [`torch\n${name}`, {}] as const),
  ["numpy.core.multiarray\nscalar", { call: makeScalar }],
  ["numpy._core.multiarray\nscalar", { call: makeScalar }],
  ["numpy.core.multiarray\n_reconstruct", { call: reconstruct }],
  ["numpy._core.multiarray\n_reconstruct", { call: reconstruct }],
  ["numpy\nndarray", {}],
  ["numpy\ndtype", { call: makeDType }],
  ["_codecs\nencode", { call: encode }],
]);

/** Is this full name on the allow-list? */
export function isAllowed(module: string, name: string): boolean {
  return allowed.has(`${module}\n${name}`);
}

/** What REDUCE does: an allowed name applied to checked arguments. */
export function callGlobal(callee: PickleValue, args: PickleValue, offset: number, maxBytes: number): PickleValue {
  const entry = isKind(callee, "global") ? allowed.get(`${callee.module}\n${callee.name}`) : undefined;
  if (!entry?.call)
    throw new PickleFault(
      "pickle-reduce",
      `invalid REDUCE: expected an allowed constructor, got ${kindOf(callee)}`,
      offset,
    );
  if (!isKind(args, "tuple"))
    throw new PickleFault(
      "pickle-reduce",
      `invalid REDUCE: expected a tuple of arguments, got ${kindOf(args)}`,
      offset,
    );
  return entry.call(args.items, offset, maxBytes);
}

/** What NEWOBJ does: only an empty OrderedDict can be made that way. */
export function createObject(callee: PickleValue, args: PickleValue, offset: number): PickleValue {
  const entry = isKind(callee, "global") ? allowed.get(`${callee.module}\n${callee.name}`) : undefined;
  if (!entry?.create || !isKind(args, "tuple"))
    throw new PickleFault(
      "pickle-newobj",
      `invalid NEWOBJ: expected OrderedDict and a tuple, got ${kindOf(callee)}`,
      offset,
    );
  return entry.create(args.items, offset);
}

/** What BUILD does: state for an ordered dictionary (`_metadata` of a state dict), a NumPy type or array. */
export function applyState(target: PickleValue, state: PickleValue, offset: number): PickleValue {
  if (isKind(target, "dtype")) return applyDTypeState(target, state, offset);
  if (isKind(target, "array")) return applyArrayState(target, state, offset);
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
    `invalid BUILD: expected state for an OrderedDict, a dtype or an array, got ${kindOf(state)} for ${kindOf(target)}`,
    offset,
  );
}

/** Element type of a storage class, `null` if known but unreadable, undefined if the value is no storage class. */
export function storageType(value: PickleValue): DType | null | undefined {
  return isKind(value, "global") ? allowed.get(`${value.module}\n${value.name}`)?.storage : undefined;
}

function rebuildParameter(args: readonly PickleValue[], offset: number): TorchTensor {
  const [tensor, requiresGrad, hooks] = args;
  if (args.length !== 3 || !isKind(tensor, "tensor") || typeof requiresGrad !== "boolean" || !isEmptyDict(hooks))
    throw wrongArguments("_rebuild_parameter", "a tensor, a bool and no hooks", args, offset);
  return tensor;
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

function isEmptyDict(value: PickleValue | undefined): boolean {
  return isKind(value, "dict") && value.entries.size === 0;
}

function wrongArguments(who: string, expected: string, args: readonly PickleValue[], offset: number): PickleFault {
  const got = args.slice(0, 8).map(kindOf).join(", ");
  return new PickleFault("pickle-arguments", `invalid arguments of ${who}: expected ${expected}, got (${got})`, offset);
}

function show(key: PickleValue): string {
  return typeof key === "string" ? JSON.stringify(key.slice(0, 40)) : kindOf(key);
}
