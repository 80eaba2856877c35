import type { Value } from "./graph.ts";
import type { Lowered } from "./lower.ts";
import { encodeModel, type OnnxNode, type OnnxTensor } from "./onnx/model.ts";

/** Write the part of the graph that the outputs need as an ONNX model. Inputs are x0…, outputs y0…. */
export function emit({ inputs, outputs }: Lowered): Uint8Array<ArrayBuffer> {
  const name = new Map<Value, string>(inputs.map((value, i) => [value, `x${i}`]));
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  for (const value of topological(outputs)) {
    if (name.has(value)) continue;
    name.set(value, `v${value.id}`);
    if (value.op === "Constant")
      initializers.push({ name: `v${value.id}`, type: value.dtype, shape: value.shape, data: value.data! });
    else
      nodes.push({
        op: value.op,
        domain: value.domain,
        inputs: value.inputs.map((v) => name.get(v)!),
        outputs: [`v${value.id}`],
        attributes: value.attributes,
      });
  }
  // An output may be an input, a constant, or the same value twice: give each its own name.
  outputs.forEach((value, i) => {
    nodes.push({ op: "Identity", inputs: [name.get(value)!], outputs: [`y${i}`], attributes: {} });
  });
  const port = (value: Value, prefix: string, i: number) => ({
    name: `${prefix}${i}`,
    type: value.dtype,
    shape: value.shape,
  });
  return encodeModel({
    inputs: inputs.map((v, i) => port(v, "x", i)),
    outputs: outputs.map((v, i) => port(v, "y", i)),
    initializers,
    nodes,
  });
}

/** Operands before their users, without recursion: graphs can be deep. */
function topological(outputs: readonly Value[]): Value[] {
  const done = new Set<Value>();
  const order: Value[] = [];
  for (const root of outputs) {
    const stack: { value: Value; next: number }[] = [{ value: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (done.has(top.value)) stack.pop();
      else if (top.next < top.value.inputs.length) stack.push({ value: top.value.inputs[top.next++], next: 0 });
      else {
        done.add(top.value);
        order.push(top.value);
        stack.pop();
      }
    }
  }
  return order;
}
