import { UsageError } from "../core/errors.ts";
import { decisive } from "./decisions.ts";
import { Graph, type TypedArray, type Value } from "./graph.ts";
import type { Atom, Equation, Jaxpr } from "./jaxpr.ts";
import { constantView, settle } from "./lower/elementwise.ts";
import { physical } from "./lower/movement.ts";
import { physicalType, rules } from "./lower/rules.ts";
import { type View, viewOf } from "./view.ts";

export interface Lowered {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * Lower a traced program to a dataflow graph.
 *
 * `consts` are the values of the first binders; the remaining binders become graph inputs.
 *
 * @throws UsageError naming the primitive that has no rule.
 */
export function lower(jaxpr: Jaxpr, consts: readonly TypedArray[]): Lowered {
  const graph = new Graph();
  const views = jaxpr.inBinders.map((atom, i) => {
    const dtype = physicalType(atom.aval.dtype);
    if (i < consts.length) return viewOf(graph.constant(consts[i], atom.aval.shape, dtype));
    return viewOf(graph.input(atom.aval.shape, dtype));
  });
  const outs = run(graph, jaxpr, views, false);
  const outputs = outs.map((view) => physical(graph, settle(graph, view)));
  return { graph, inputs: graph.inputs, outputs };
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
