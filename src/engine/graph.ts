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
}

export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

/**
 * A growing dataflow graph in which equal nodes are one node: asking twice for the same operator on the same operands
 * gives the same `Value`. Nodes that no output needs are never written.
 */
export class Graph {
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
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `Constant|${shape.join()}|${dtype}|${contentKey(bytes)}`;
    const scalar = data.length === 1 ? Number(data[0]) : undefined;
    return this.once(key, () => ({
      id: this.next++,
      op: "Constant",
      domain: "",
      inputs: [],
      attributes: {},
      shape,
      dtype,
      data,
      scalar,
    }));
  }

  /** A rank-0 constant. */
  scalar(value: number, dtype: DType = "float32"): Value {
    return this.constant(typed(dtype, [value]), [], dtype);
  }

  /** A 1-D int64 constant: shapes, axes and the like. */
  ints(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], "int64");
  }

  /** Same elements, other shape. Chains of reshapes are one, reshaping to the same shape is none. */
  reshape(value: Value, shape: Shape): Value {
    const root = value.op === "Reshape" ? value.inputs[0] : value;
    if (sameShape(root.shape, shape)) return root;
    if (root.op === "Constant") return this.constant(root.data!, shape, root.dtype);
    return this.node("Reshape", [root, this.ints(shape)], shape);
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

/** Enough of the content to tell constants apart: all of it when short, two 32-bit FNV-1a hashes when long. */
function contentKey(bytes: Uint8Array): string {
  if (bytes.length <= 64) return bytes.join();
  let a = 0x811c9dc5;
  let b = 0x01234567;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0x85ebca6b) ^ (b >>> 13);
  }
  return `${bytes.length}:${a >>> 0}:${b >>> 0}`;
}
