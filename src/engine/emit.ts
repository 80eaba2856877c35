import type { Body, Value } from "./graph.ts";
import type { Lowered } from "./lower.ts";
import { encodeModel, type OnnxGraph, type OnnxNode, type OnnxPort, type OnnxTensor } from "./onnx/model.ts";

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
  for (const value of topological(outputs)) {
    if (name.has(value)) continue;
    const own = `${prefix}${value.id}`;
    name.set(value, own);
    if (value.op === "Constant")
      initializers.push({ name: own, type: value.dtype, shape: value.shape, data: value.data! });
    else
      nodes.push({
        op: value.op,
        domain: value.domain,
        inputs: value.inputs.map((v) => name.get(v)!),
        outputs: [own],
        attributes: value.body
          ? { ...value.attributes, body: { graph: bodyGraph(value.body, name, `${own}_`) } }
          : value.attributes,
      });
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

/** Operands before their users, without recursion: graphs can be deep. */
function topological(outputs: readonly Value[]): Value[] {
  const done = new Set<Value>();
  const order: Value[] = [];
  for (const root of outputs) {
    const stack: { value: Value; next: number }[] = [{ value: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const needs = operands(top.value);
      if (done.has(top.value)) stack.pop();
      else if (top.next < needs.length) stack.push({ value: needs[top.next++], next: 0 });
      else {
        done.add(top.value);
        order.push(top.value);
        stack.pop();
      }
    }
  }
  return order;
}

const operands = ({ inputs, body }: Value): readonly Value[] => (body ? [...inputs, ...body.shared.values()] : inputs);
