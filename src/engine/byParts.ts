import { Graph, sizeOf, type Value } from "./graph.ts";
import type { Program } from "./jaxpr.ts";
import { scaled } from "./lower/elementwise.ts";
import { type Lowered, lower, lowerInto } from "./lower.ts";
import { splitHeld } from "./splitHeld.ts";
import { needs, topological } from "./topological.ts";
import { type View, viewOf } from "./view.ts";

/** A program in two stages, the first of which is a mean over the examples of a batch. */
export interface Stages {
  /** Arguments: the shared ones, then a part of every batch. Results are float32. */
  readonly mean: Program;
  /** Arguments: the results of `mean` for the whole batch, the shared ones, the rest. */
  readonly finish: Program;
  /** How many arguments are shared. */
  readonly shared: number;
  /** Number of parts, all of one size. */
  readonly parts: number;
}

/**
 * Lower a program whose first stage takes its batch part by part in a loop, so that what a part holds fits the cache and
 * the memory of one part is the memory of the next. What follows from the shared arguments alone is computed once, before the loop.
 * Inputs: the shared arguments, the whole batches, the rest.
 */
export function lowerByParts({ mean, finish, shared, parts }: Stages): Lowered {
  const graph = new Graph();
  const body = lower(mean);
  const [held, part] = [body.inputs.slice(0, shared), body.inputs.slice(shared)];
  const around = held.map((v) => graph.input(v.shape, v.dtype));
  const batches = part.map((v) => {
    const whole = graph.input([parts * v.shape[0], ...v.shape.slice(1)], v.dtype);
    return graph.reshape(whole, [parts, ...v.shape]);
  });

  const flat = concatenated(body.graph, body.outputs);
  const sum = body.graph.input(flat.shape, flat.dtype);
  const added = body.graph.node("Add", [sum, flat], flat.shape);
  const { before, after } = splitHeld({ ...body, inputs: [...held, sum, ...part], outputs: [added] }, shared);
  const once = copied(graph, before, around);
  const given = after.inputs.slice(1 + part.length);
  const total = graph.loop(zeros(graph, flat.shape), batches, {
    inputs: after.inputs.slice(0, 1 + part.length),
    shared: new Map(given.map((v, i) => [v, once[i]])),
    output: after.outputs[0],
  });

  const averages = separated(graph, total, body.outputs).map((view) => scaled(view, 1 / parts));
  const binders = finish.jaxpr.inBinders.slice(finish.consts.length + averages.length + shared);
  const rest = binders.map(({ aval }) => graph.input(aval.shape, aval.dtype === "int32" ? "int32" : "float32"));
  const outputs = lowerInto(graph, finish, [
    ...averages,
    ...around.map((v) => viewOf(v)),
    ...rest.map((v) => viewOf(v)),
  ]);
  return { graph, inputs: graph.inputs, outputs };
}

/** The outputs of one graph, computed in another from `inputs` in place of its own. */
function copied(graph: Graph, from: Pick<Lowered, "inputs" | "outputs">, inputs: readonly Value[]): Value[] {
  const made = new Map<Value, Value>(from.inputs.map((v, i) => [v, inputs[i]]));
  for (const value of topological(from.outputs, needs)) {
    if (made.has(value)) continue;
    const { op, shape, dtype, attributes, domain, data } = value;
    const operands = value.inputs.map((v) => made.get(v)!);
    made.set(
      value,
      data ? graph.constant(data, shape, dtype) : graph.node(op, operands, shape, { dtype, attributes, domain }),
    );
  }
  return from.outputs.map((v) => made.get(v)!);
}

/** All elements of all tensors as one vector. */
function concatenated(graph: Graph, values: readonly Value[]): Value {
  const rows = values.map((v) => graph.reshape(v, [sizeOf(v.shape)]));
  const length = rows.reduce((n, v) => n + v.shape[0], 0);
  return graph.node("Concat", rows, [length], { attributes: { axis: 0 } });
}

/** The inverse: tensors of these shapes out of one vector. */
function separated(graph: Graph, flat: Value, like: readonly Value[]): View[] {
  let from = 0;
  return like.map(({ shape }) => {
    const size = sizeOf(shape);
    const cut = [from, from + size, 0].map((n) => graph.ints([n]));
    from += size;
    return viewOf(graph.reshape(graph.node("Slice", [flat, ...cut], [size]), shape));
  });
}

const zeros = (graph: Graph, shape: readonly number[]): Value =>
  graph.node("Expand", [graph.scalar(0), graph.ints(shape)], shape);
