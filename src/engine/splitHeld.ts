import { Graph, type Value } from "./graph.ts";
import type { Lowered } from "./lower.ts";
import { needs, topological } from "./topological.ts";

/** A graph in two: what follows from the arguments that stay for many runs, and the rest. */
export interface Halves {
  /** Inputs: the held arguments. Outputs: all that the rest needs of them. */
  readonly before: Lowered;
  /** Inputs: the other arguments, then `before`'s outputs. */
  readonly after: Lowered;
}

/** Take apart a graph whose first `held` inputs stay. */
export function splitHeld({ inputs, outputs }: Lowered, held: number): Halves {
  const stays = new Set<Value>(inputs.slice(0, held));
  for (const value of topological(outputs, needs)) {
    const operands = needs(value);
    if (operands.some((v) => stays.has(v)) && operands.every((v) => v.op === "Constant" || stays.has(v)))
      stays.add(value);
  }

  const graph = new Graph();
  const moved = new Map<Value, Value>();
  for (const v of inputs.slice(held)) moved.set(v, graph.input(v.shape, v.dtype));
  const given: Value[] = [];
  const now = (value: Value): Value => moved.get(value)!;
  for (const value of topological(outputs, (v) => (stays.has(v) ? [] : needs(v)))) {
    if (moved.has(value)) continue;
    if (stays.has(value)) {
      given.push(value);
      moved.set(value, graph.input(value.shape, value.dtype));
    } else {
      const { body } = value;
      const shared = body && new Map([...body.shared].map(([inside, outside]) => [inside, now(outside)]));
      moved.set(value, { ...value, inputs: value.inputs.map(now), body: body && shared && { ...body, shared } });
    }
  }
  return {
    before: { graph, inputs: inputs.slice(0, held), outputs: given },
    after: { graph, inputs: graph.inputs, outputs: outputs.map(now) },
  };
}
