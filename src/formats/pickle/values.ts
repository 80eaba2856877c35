import type { DType, StoredTensor } from "../tensor.ts";

/** What a pickle describes, as plain records. No value is a function, a class, or an object of the host's own kinds. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleBytes
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleSet
  | PickleGlobal
  | PickleDType
  | PickleArray
  | PickleScalar
  | PickleOpaque
  | TorchStorage
  | ForeignStorage
  | TorchTensor
  | ForeignTensor;

/** Python bytes, or a Python 2 string: which of the two is meant, the file does not say. */
export interface PickleBytes {
  readonly kind: "bytes";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PickleList {
  readonly kind: "list";
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: "tuple";
  readonly items: readonly PickleValue[];
}

/** Keys that are strings or numbers are found by value, all others by identity. */
export interface PickleDict {
  readonly kind: "dict";
  readonly entries: Map<PickleValue, PickleValue>;
  /** A collections.OrderedDict, which may carry attributes. */
  readonly ordered: boolean;
}

/** Always empty: the machine knows no opcode that adds to a set. */
export interface PickleSet {
  readonly kind: "set";
}

/** An allowed name that was loaded. A symbol: it can be called only through the table of `allowed.ts`. */
export interface PickleGlobal {
  readonly kind: "global";
  readonly module: string;
  readonly name: string;
}

export interface PickleDType {
  readonly kind: "dtype";
  /** NumPy's letter and size: "f8". */
  readonly code: string;
  /** Absent: a type that is listed and not read. */
  readonly dtype: DType | undefined;
  /** Set by its state: numbers lie with their highest byte first. */
  bigEndian?: boolean;
}

/** numpy.ndarray: empty until its state has been set. */
export interface PickleArray {
  readonly kind: "array";
  tensor: StoredTensor | undefined;
  /** Set instead of `tensor` where the numbers are of a type that is not read. */
  foreign?: { readonly dtype: string; readonly shape: readonly number[] };
  /** Members of an array of Python objects, in the order of the file. */
  items?: readonly PickleValue[];
}

/** A NumPy scalar. */
export interface PickleScalar {
  readonly kind: "scalar";
  readonly dtype: DType;
  readonly value: number | bigint | boolean;
}

/** What an allowed constructor made that no set needs: a device, a counter. Only its name is kept. */
export interface PickleOpaque {
  readonly kind: "opaque";
  readonly name: string;
}

/** Numbers of a type that is not read: complex, quantised, 8-bit floats. Listed, never fetched. */
export interface ForeignTensor {
  readonly kind: "foreign";
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** A storage of such numbers. */
export interface ForeignStorage {
  readonly kind: "foreignStorage";
  readonly dtype: string;
  /** Of one number. */
  readonly itemBytes: number;
  readonly key: string;
  readonly count: number;
  readonly offset: number;
}

/** A persistent id of a torch file: `count` numbers under `key`. */
export interface TorchStorage {
  readonly kind: "storage";
  readonly dtype: DType;
  readonly key: string;
  readonly location: string;
  readonly count: number;
  /** Where the pickle asks for it. */
  readonly offset: number;
}

/** A strided view of a storage; sizes are numbers, not bytes. The extent has been checked against the storage. */
export interface TorchTensor {
  readonly kind: "tensor";
  readonly storage: TorchStorage;
  readonly start: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The kinds above; null and Python's plain values have none. */
export type Kind = Exclude<PickleValue, null | boolean | number | bigint | string>["kind"];

/** Narrow to one of the record kinds. */
export function isKind<K extends Kind>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { readonly kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}

/** The text of a Python 3 or Python 2 string of reasonable length, else undefined. */
export function textOf(value: PickleValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (!isKind(value, "bytes") || value.bytes.length > 4096) return undefined;
  return Array.from(value.bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Look a member of a dictionary up by its text, Python 2 keys included. */
export function member(dict: PickleDict, key: string): PickleValue | undefined {
  const direct = dict.entries.get(key);
  if (direct !== undefined) return direct;
  for (const [k, value] of dict.entries) if (isKind(k, "bytes") && textOf(k) === key) return value;
  return undefined;
}

/** What a value is, for messages. */
export function pickleKind(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (typeof value !== "object") return typeof value;
  return value.kind === "global" ? `${value.module}.${value.name}` : value.kind;
}
