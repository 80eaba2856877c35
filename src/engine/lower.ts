import { UsageError } from "../core/errors.ts";
import { decisive } from "./decisions.ts";
import { Graph, type Value } from "./graph.ts";
import type { Atom, Equation, Jaxpr, Program } from "./jaxpr.ts";
import { constantView, settle } from "./lower/elementwise.ts";
import { physical } from "./lower/movement.ts";
import { physicalType, rules } from "./lower/rules.ts";
import { type View, viewOf } from "./view.ts";

export interface Lowered {
  /** The graph they grow in, while it grows. */
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * Lower a traced program to a dataflow graph. What its arguments are becomes the graph's inputs.
 *
 * @throws UsageError naming the primitive that has no rule.
 */
export function lower({ jaxpr, consts }: Program): Lowered {
  const graph = new Graph();
  const args = jaxpr.inBinders
    .slice(consts.length)
    .map(({ aval }) => viewOf(graph.input(aval.shape, physicalType(aval.dtype))));
  return { graph, inputs: graph.inputs, outputs: lowerInto(graph, { jaxpr, consts }, args) };
}

/** The results of a program on these arguments, in a graph that may hold more. */
export function lowerInto(graph: Graph, { jaxpr, consts }: Program, args: readonly View[]): Value[] {
  const constants = consts.map((data, i) => {
    const { shape, dtype } = jaxpr.inBinders[i].aval;
    // Zeros above all: what the tracer takes for the tangent of a constant.
    if (data.length > 0 && data.every((v) => v === data[0]))
      return constantView(graph, Number(data[0]), shape, physicalType(dtype));
    return viewOf(graph.constant(data, shape, physicalType(dtype)));
  });
  const outs = run(graph, jaxpr, [...constants, ...args], false);
  return outs.map((view) => physical(graph, settle(graph, view)));
}

function run(graph: Graph, jaxpr: Jaxpr, args: readonly View[], decides: boolean): View[] {
  const careful = decisive(jaxpr, decides);
  const env = new Map<Atom, View>(jaxpr.inBinders.map((atom, i) => [atom, args[i]]));
  const read = (atom: Atom): View => {
    if (atom.value === undefined) return env.get(atom)!;
    return constantView(graph, Number(atom.value), atom.aval.shape, physicalType(atom.aval.dtype));
  };
  for (const eqn of jaxpr.eqns) {
    const { primitive, inputs, params, outBinders } = eqn;
    const operands = inputs.map(read);
    const precise = careful.has(eqn);
    const results =
      primitive === "jit"
        ? run(graph, params.jaxpr, operands, precise)
        : apply(graph, primitive, operands, params, precise);
    outBinders.forEach((atom, i) => {
      env.set(atom, results[i]);
    });
  }
  return jaxpr.outs.map(read);
}

function apply(
  graph: Graph,
  primitive: string,
  operands: View[],
  params: Equation["params"],
  precise: boolean,
): View[] {
  if (!Object.hasOwn(rules, primitive))
    throw new UsageError(
      `engine: unknown primitive: expected one of ${Object.keys(rules).sort().join(", ")}, got ${primitive}`,
    );
  const result = rules[primitive](graph, operands, params, precise);
  return Array.isArray(result) ? result : [result];
}
