import type { Attribute } from "./onnx/model.ts";

export type DType = "float32" | "int32" | "int64" | "bool";
export type Shape = readonly number[];
export type TypedArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** The result of one operator: a physical tensor in row-major order. Made only by a `Graph`. */
export interface Value {
  readonly id: number;
  /** ONNX operator, "Input" or "Constant". */
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Constants only. */
  readonly data?: TypedArray;
  /** The number a one-element constant holds. */
  readonly scalar?: number;
  /** Loops only: what is done in each round. */
  readonly body?: Body;
}

/** One round of a loop, in a graph of its own. */
export interface Body {
  /** What comes new each round: the loop's value so far, then its part of each operand. */
  readonly inputs: readonly Value[];
  /** Inputs of the body's graph → values of the graph around it, the same each round. */
  readonly shared: ReadonlyMap<Value, Value>;
  readonly output: Value;
}

export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

/**
 * A growing dataflow graph in which equal nodes are one node: asking twice for the same operator on the same operands
 * gives the same `Value`. Nodes that no output needs are never written.
 */
export class Graph {
  private readonly notes = new Map<string, unknown>();
  private readonly byKey = new Map<string, Value>();
  private next = 0;
  readonly inputs: Value[] = [];
  /** Which sums exist already, by operand and axes: notes of the lowering of reductions. */
  readonly sums = new Set<string>();

  input(shape: Shape, dtype: DType): Value {
    const value: Value = { id: this.next++, op: "Input", domain: "", inputs: [], attributes: {}, shape, dtype };
    this.inputs.push(value);
    return value;
  }

  node(
    op: string,
    inputs: readonly Value[],
    shape: Shape,
    options: { dtype?: DType; attributes?: Readonly<Record<string, Attribute>>; domain?: string } = {},
  ): Value {
    const attributes = options.attributes ?? {};
    const dtype = options.dtype ?? inputs[0].dtype;
    const domain = options.domain ?? "";
    const key = `${op}|${inputs.map((v) => v.id).join()}|${JSON.stringify(attributes)}|${shape.join()}|${dtype}`;
    return this.once(key, () => ({ id: this.next++, op, domain, inputs, attributes, shape, dtype }));
  }

  constant(data: TypedArray, shape: Shape, dtype: DType): Value {
    const scalar = data.length === 1 ? Number(data[0]) : undefined;
    const make = (): Value => ({
      id: this.next++,
      op: "Constant",
      domain: "",
      inputs: [],
      attributes: {},
      shape,
      dtype,
      data,
      scalar,
    });
    const key = `Constant|${shape.join()}|${dtype}|${contentKey(data)}`;
    // Long contents are known by a hash: of those that share one, take the equal.
    for (let salt = 0; ; salt++) {
      const value = this.once(salt === 0 ? key : `${key}|${salt}`, make);
      if (value.data === data || sameBytes(value.data!, data)) return value;
    }
  }

  /** A rank-0 constant. */
  scalar(value: number, dtype: DType = "float32"): Value {
    return this.constant(typed(dtype, [value]), [], dtype);
  }

  /** A 1-D int64 constant: shapes, axes and the like. */
  ints(values: readonly number[]): Value {
    return this.remember(`ints ${values.join()}`, () =>
      this.constant(BigInt64Array.from(values, BigInt), [values.length], "int64"),
    );
  }

  /** Same elements, other shape. Chains of reshapes are one, reshaping to the same shape is none. */
  reshape(value: Value, shape: Shape): Value {
    const root = value.op === "Reshape" ? value.inputs[0] : value;
    if (sameShape(root.shape, shape)) return root;
    if (root.op === "Constant") return this.constant(root.data!, shape, root.dtype);
    return this.node("Reshape", [root, this.ints(shape)], shape);
  }

  /** `start`, then `body` applied to it and to one slice after the other along the first axis of the operands. */
  loop(start: Value, operands: readonly Value[], body: Body): Value {
    const attributes = { num_scan_inputs: operands.length };
    const { shape, dtype } = start;
    return { id: this.next++, op: "Scan", domain: "", inputs: [start, ...operands], attributes, shape, dtype, body };
  }

  /** What `make` gave when it was first asked for `key`. */
  remember<T>(key: string, make: () => T): T {
    if (!this.notes.has(key)) this.notes.set(key, make());
    return this.notes.get(key) as T;
  }

  private once(key: string, make: () => Value): Value {
    let value = this.byKey.get(key);
    if (!value) {
      value = make();
      this.byKey.set(key, value);
    }
    return value;
  }
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** A typed array of `dtype` (booleans as bytes). */
export function typed(dtype: DType, values: readonly number[]): TypedArray {
  if (dtype === "float32") return Float32Array.from(values);
  if (dtype === "int32") return Int32Array.from(values);
  if (dtype === "int64") return BigInt64Array.from(values, BigInt);
  return Uint8Array.from(values);
}

const bytesOf = (data: TypedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** All of the content when short, a 32-bit FNV-1a hash of its words when long. */
function contentKey(data: TypedArray): string {
  const bytes = bytesOf(data);
  if (bytes.length <= 64) return bytes.join();
  let hash = 0x811c9dc5;
  const all = words(data);
  for (let i = 0; i < all.length; i++) hash = Math.imul(hash ^ all[i], 0x01000193);
  return `${bytes.length}:${hash >>> 0}`;
}

function sameBytes(a: TypedArray, b: TypedArray): boolean {
  const [x, y] = [words(a), words(b)];
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

/** The content in pieces of four bytes; of single bytes where it does not divide. */
function words(data: TypedArray): Int32Array | Uint8Array {
  if (data.byteLength % 4 !== 0 || data.byteOffset % 4 !== 0) return bytesOf(data);
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4);
}
