import type { Body, Value } from "./graph.ts";
import type { Lowered } from "./lower.ts";
import { encodeModel, type OnnxGraph, type OnnxNode, type OnnxPort, type OnnxTensor } from "./onnx/model.ts";
import { peephole } from "./peephole.ts";
import { needs, topological } from "./topological.ts";

/** Write the part of the graph that the outputs need as an ONNX model. Inputs are x0…, outputs y0…. */
export function emit({ inputs, outputs }: Lowered): Uint8Array<ArrayBuffer> {
  const name = new Map<Value, string>(inputs.map((value, i) => [value, `x${i}`]));
  const { nodes, initializers } = written(outputs, name, "v");
  // An output may be an input, a constant, or the same value twice: give each its own name.
  outputs.forEach((value, i) => {
    nodes.push({ op: "Identity", inputs: [name.get(value)!], outputs: [`y${i}`], attributes: {} });
  });
  return encodeModel({
    inputs: inputs.map((v, i) => port(v, `x${i}`)),
    outputs: outputs.map((v, i) => port(v, `y${i}`)),
    initializers,
    nodes,
  });
}

const port = ({ shape, dtype: type }: Value, name: string): OnnxPort => ({ name, type, shape });

/** Everything the outputs need that has no name yet; named by number after `prefix`. */
function written(outputs: readonly Value[], name: Map<Value, string>, prefix: string) {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const needed = topological(outputs, needs);
  const uses = new Map<Value, number>();
  for (const value of needed) for (const v of value.inputs) uses.set(v, (uses.get(v) ?? 0) + 1);
  for (const v of outputs) uses.set(v, (uses.get(v) ?? 0) + 1);
  const operands = (value: Value) => needs({ ...value, inputs: peephole(value, uses).inputs });
  for (const value of topological(outputs, operands)) {
    if (name.has(value)) continue;
    const own = `${prefix}${value.id}`;
    name.set(value, own);
    if (value.op === "Constant")
      initializers.push({ name: own, type: value.dtype, shape: value.shape, data: value.data! });
    else {
      const { op, inputs } = peephole(value, uses);
      nodes.push({
        op,
        domain: value.domain,
        inputs: inputs.map((v) => name.get(v)!),
        outputs: [own],
        attributes: value.body
          ? { ...value.attributes, body: { graph: bodyGraph(value.body, name, `${own}_`) } }
          : value.attributes,
      });
    }
  }
  return { nodes, initializers };
}

/** Names inside a body must not meet those around it, which it may use. */
function bodyGraph(body: Body, around: ReadonlyMap<Value, string>, prefix: string): OnnxGraph {
  const name = new Map<Value, string>(body.inputs.map((value, i) => [value, `${prefix}x${i}`]));
  for (const [inside, outside] of body.shared) name.set(inside, around.get(outside)!);
  const inputs = body.inputs.map((value) => port(value, name.get(value)!));
  const { nodes, initializers } = written([body.output], name, prefix);
  return { inputs, outputs: [port(body.output, name.get(body.output)!)], initializers, nodes };
}
