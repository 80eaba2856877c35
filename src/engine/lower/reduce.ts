import { RetortError } from "../../core/errors.ts";
import type { Graph, Value } from "../graph.ts";
import { isReal, type View } from "../view.ts";
import { settle } from "./elementwise.ts";

/** Reduce the logical dimensions `axes` away. Repetitions are counted, never computed. */
export function reduce(graph: Graph, x: View, op: string, axes: readonly number[]): View {
  const gone = axes.flatMap((i) => x.dims[i]);
  const repeats = gone.filter((f) => !isReal(f)).reduce((n, f) => n * f.size, 1);
  const view = op === "Add" || (x.scale > 0 && op !== "Mul") ? x : settle(graph, x);
  const physical = new Set(gone.filter(isReal).map((f) => f.axis));
  const value = reduceAxes(graph, view.value, operator(op), physical);
  const dims = view.dims.filter((_, i) => !axes.includes(i));
  if (op === "Mul" && repeats > 1) throw new RetortError("engine: unknown lowering: product over a repeated dimension");
  return { value, dims, scale: op === "Add" ? view.scale * repeats : view.scale };
}

function operator(op: string): string {
  const names: Record<string, string> = { Add: "ReduceSum", Max: "ReduceMax", Min: "ReduceMin", Mul: "ReduceProd" };
  return names[op];
}

/**
 * Reduce physical axes one run of neighbours at a time, outermost run first: each step then is outer × run × inner, and
 * the first and largest has the longest inner rows, which the runtime adds at memory speed. Axes stay as length 1.
 */
function reduceAxes(graph: Graph, value: Value, op: string, axes: ReadonlySet<number>): Value {
  const shape = [...value.shape];
  const size = (from: number, to: number) => shape.slice(from, to).reduce((n, d) => n * d, 1);
  let current = value;
  for (let start = 0; start < shape.length; start++) {
    if (!axes.has(start)) continue;
    let end = start + 1;
    while (end < shape.length && (axes.has(end) || shape[end] === 1)) end++;
    current = reduceRun(graph, current, op, size(0, start), size(start, end), size(end, shape.length));
    for (let i = start; i < end; i++) shape[i] = 1;
    start = end - 1;
  }
  return graph.reshape(current, shape);
}

/**
 * Longest run that is summed in one go. Longer ones are summed in parts: single precision keeps its digits, and the
 * runtime, which works on the rows before the run in parallel, has rows to work on.
 */
const LONGEST_SUM = 1024;

/** [outer, run, inner] → [outer, inner]. */
function reduceRun(graph: Graph, value: Value, op: string, outer: number, run: number, inner: number): Value {
  if (op === "ReduceSum" && run > LONGEST_SUM) {
    const part = largestDivisor(run, inner === 1 ? Math.ceil(Math.sqrt(run)) : LONGEST_SUM);
    if (part > 1) {
      const sums = reduceRun(graph, value, op, outer * (run / part), part, inner);
      return reduceRun(graph, sums, op, outer, run / part, inner);
    }
  }
  const [from, to] = inner === 1 ? [[outer, run], [outer]] : [[outer, run, inner], [outer, inner]];
  const flat = graph.reshape(value, from);
  return graph.node(op, [flat, graph.ints([1])], to, { attributes: { keepdims: 0 } });
}

function largestDivisor(n: number, limit: number): number {
  for (let d = limit; d > 1; d--) if (n % d === 0) return d;
  return 1;
}
