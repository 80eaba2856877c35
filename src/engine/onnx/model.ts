import { Wire } from "./wire.ts";

/** Element types that graphs use, with their numbers in onnx.proto. */
export const onnxTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof onnxTypes;

/** An attribute: integers and integer lists are `number`/`number[]`, floats are wrapped so that 1 and 1.0 differ. */
export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly graph: OnnxGraph };

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

export interface OnnxNode {
  readonly op: string;
  readonly domain?: string;
  /** Names; "" for an absent optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxPort {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly initializers: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
}

const IR_VERSION = 9;
const OPSET = 20;

/** Encode a graph as the bytes of an ONNX model (onnx.proto, field numbers in place). */
export function encodeModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  return new Wire()
    .int(1, IR_VERSION)
    .bytes(2, "retort")
    .bytes(7, encodeGraph(graph))
    .bytes(8, new Wire().bytes(1, "").int(2, OPSET))
    .bytes(8, new Wire().bytes(1, "com.microsoft").int(2, 1))
    .finish();
}

function encodeGraph(graph: OnnxGraph): Wire {
  const w = new Wire();
  for (const node of graph.nodes) w.bytes(1, encodeNode(node));
  w.bytes(2, "retort");
  for (const tensor of graph.initializers) w.bytes(5, encodeTensor(tensor));
  for (const port of graph.inputs) w.bytes(11, encodePort(port));
  for (const port of graph.outputs) w.bytes(12, encodePort(port));
  return w;
}

function encodeNode(node: OnnxNode): Wire {
  const w = new Wire();
  for (const name of node.inputs) w.bytes(1, name);
  for (const name of node.outputs) w.bytes(2, name);
  w.bytes(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) w.bytes(5, encodeAttribute(name, value));
  if (node.domain) w.bytes(7, node.domain);
  return w;
}

function encodeAttribute(name: string, value: Attribute): Wire {
  const w = new Wire().bytes(1, name);
  if (typeof value === "number") return w.int(3, value).int(20, 2);
  if (typeof value === "string") return w.bytes(4, value).int(20, 3);
  if ("float" in value) return w.float(2, value.float).int(20, 1);
  if ("graph" in value) return w.bytes(6, encodeGraph(value.graph)).int(20, 5);
  for (const v of value) w.int(8, v);
  return w.int(20, 7);
}

function encodeTensor(tensor: OnnxTensor): Wire {
  const w = new Wire();
  for (const d of tensor.shape) w.int(1, d);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return w
    .int(2, onnxTypes[tensor.type])
    .bytes(8, tensor.name)
    .bytes(9, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
}

function encodePort(port: OnnxPort): Wire {
  const shape = new Wire();
  for (const d of port.shape) shape.bytes(1, new Wire().int(1, d));
  const type = new Wire().bytes(1, new Wire().int(1, onnxTypes[port.type]).bytes(2, shape));
  return new Wire().bytes(1, port.name).bytes(2, type);
}
