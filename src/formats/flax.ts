import { DataError } from "../core/errors.ts";
import { assembleSet } from "./assemble.ts";
import type { Format, ObjectInfo, Opened } from "./Format.ts";
import { Budget } from "./limits.ts";
import { MsgExtension, type MsgValue, parseMsgpack } from "./msgpack.ts";
import { declaringArrays } from "./saysTampered.ts";
import { type DType, objectInfo, type StoredTensor, tensorFromBytes } from "./tensor.ts";

const who = "flax";
/** Extension types of flax.serialization: 1 an array, 2 a complex number, 3 a NumPy scalar. */
const ARRAY = 1;
const SCALAR = 3;
const dtypes: readonly string[] = [
  ...["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"],
  ...["uint64", "uint32", "uint16", "uint8", "bool"],
];
const headBytes = 65_536;

/** A Flax checkpoint: MessagePack of nested dictionaries with arrays. FRePo keeps its set in `x_proto` and `y_proto`. */
export const flax: Format = {
  title: "Flax checkpoint, msgpack (FRePo)",
  source: "https://github.com/google/flax, flax/serialization.py; https://github.com/yongchao97/FRePo",
  reads: ["ipc", "layout"],

  async detect(source) {
    if (source.files.length !== 1) return 0;
    const [file] = source.files;
    const head = await file.read(0, Math.min(file.size, headBytes));
    const [first] = head;
    const key = first === 0xde ? head[3] : first === 0xdf ? head[5] : first >= 0x81 && first < 0x90 ? head[1] : 0;
    if (!((key > 0xa0 && key < 0xc0) || (key >= 0xd9 && key <= 0xdb))) return 0;
    return new TextDecoder("latin1").decode(head).includes("x_proto") ? 0.95 : 0.6;
  },

  async read(source, options = {}): Promise<Opened> {
    if (source.files.length !== 1)
      throw new DataError(`${who}: invalid source: expected one file, got ${source.files.length}`);
    const budget = new Budget(options.maxBytes);
    const [file] = source.files;
    budget.charge(file.size, who, file.path);
    const root = parseMsgpack(await file.read(), budget, who);
    const tensors = new Map<string, StoredTensor>();
    const foreign: ObjectInfo[] = [];
    collect(root, "", tensors, foreign, budget);
    const records = new Map([...declaringArrays(tensors), ["", withoutArrays(root)]]);
    const objects: ObjectInfo[] = [...[...tensors].map(([path, tensor]) => objectInfo(path, tensor)), ...foreign];
    const images = named(tensors, "x_proto");
    if (!images) return { format: "flax", objects, findings: [], records };
    const set = assembleSet(
      { name: source.name, images, labels: named(tensors, "y_proto"), layout: "nhwc" },
      options,
      budget,
      who,
    );
    return { format: "flax", objects, findings: [], records, ...(set ? { set } : {}) };
  },
};

/** Gather every array of a tree under its path. Depth is bounded by the parser. */
function collect(
  value: MsgValue,
  path: string,
  into: Map<string, StoredTensor>,
  foreign: ObjectInfo[],
  budget: Budget,
): void {
  if (value instanceof MsgExtension) {
    const tensor = arrayOf(value, budget);
    if (tensor && "data" in tensor) into.set(path || "value", tensor);
    else if (tensor) foreign.push({ path: path || "value", ...tensor });
  } else if (value instanceof Map) {
    if (value.has("__msgpack_chunked_array__"))
      throw new DataError(`${who}: invalid array ${path}: expected it in one piece, got chunks (larger than 1 GiB)`);
    for (const [key, member] of value) collect(member, path ? `${path}.${key}` : key, into, foreign, budget);
  } else if (Array.isArray(value))
    for (const [i, member] of value.entries()) collect(member, `${path}[${i}]`, into, foreign, budget);
}

/** Names, texts and flags; arrays are found by their own paths. */
function withoutArrays(value: MsgValue): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, withoutArrays(member)]));
  if (Array.isArray(value)) return value.map(withoutArrays);
  return value instanceof MsgExtension ? undefined : value;
}

/** An array is a packed tuple of shape, name of the type, and bytes. */
function arrayOf(
  { type, bytes, offset }: MsgExtension,
  budget: Budget,
): StoredTensor | Omit<ObjectInfo, "path"> | undefined {
  if (type !== ARRAY && type !== SCALAR) return undefined;
  const tuple = parseMsgpack(bytes, budget, who, offset);
  const [shape, dtype, data] = Array.isArray(tuple) && tuple.length === 3 ? (tuple as MsgValue[]) : [];
  if (!Array.isArray(shape) || !shape.every((size) => typeof size === "number"))
    throw new DataError(`${who}: invalid array: expected shape, type and bytes, got others`, offset);
  if (
    typeof dtype === "string" &&
    /^[A-Za-z][\w<>|]{0,31}$/.test(dtype) &&
    dtype !== "object" &&
    !dtypes.includes(dtype)
  )
    return { dtype, shape: shape as number[] };
  if (typeof dtype !== "string" || !dtypes.includes(dtype))
    throw new DataError(
      `${who}: unknown type of an array: expected one of ${dtypes.join(", ")}, got ${show(dtype)}`,
      offset,
    );
  if (!(data instanceof Uint8Array)) throw new DataError(`${who}: invalid array: expected bytes, got others`, offset);
  budget.charge(data.length, who, "an array", offset);
  return tensorFromBytes(data, dtype as DType, shape as number[], who, offset);
}

/** The array of this name, at the top or inside a dictionary. */
function named(tensors: ReadonlyMap<string, StoredTensor>, name: string): StoredTensor | undefined {
  for (const [path, tensor] of tensors) if (path === name || path.endsWith(`.${name}`)) return tensor;
  return undefined;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeof value;
}
