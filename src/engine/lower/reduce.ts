import { RetortError } from "../../core/errors.ts";
import { type Graph, type Shape, sizeOf, type Value } from "../graph.ts";
import { isReal, type View, viewOf } from "../view.ts";
import { add, constantView, mul, scaled, settle } from "./elementwise.ts";
import { physical } from "./movement.ts";

/** Reduce the logical dimensions `axes` away. Repetitions are counted, never computed. */
export function reduce(graph: Graph, x: View, op: string, axes: readonly number[]): View {
  const gone = axes.flatMap((i) => x.dims[i]);
  const repeats = gone.filter((f) => !isReal(f)).reduce((n, f) => n * f.size, 1);
  if (op === "Mul" && repeats > 1) throw new RetortError("engine: unknown lowering: product over a repeated dimension");
  const view = op === "Add" || (x.scale > 0 && op !== "Mul") ? x : settle(graph, x);
  const over = new Set(gone.filter(isReal).map((f) => f.axis));
  const dims = view.dims.filter((_, i) => !axes.includes(i));
  if (op !== "Add" || view.value.dtype !== "float32") {
    const value = reduceAxes(graph, view.value, operator(op), over);
    return { value, dims, scale: op === "Add" ? view.scale * repeats : view.scale };
  }
  const total = sum(graph, view.value, over);
  if (total === "zero")
    return constantView(
      graph,
      0,
      dims.map((fs) => fs.reduce((n, f) => n * f.size, 1)),
    );
  const whole = kept(graph, total, view.value.shape, over);
  return { ...whole, dims, scale: whole.scale * view.scale * repeats };
}

/** A sum as a physical tensor of the summed one's shape with length 1 along the axes. */
function kept(graph: Graph, total: View, shape: readonly number[], axes: ReadonlySet<number>): View {
  const to = shape.map((d, i) => (axes.has(i) ? 1 : d));
  return viewOf(graph.reshape(physical(graph, total), to), total.scale);
}

/**
 * Σ over physical axes, which stay as length 1, by algebra where it spares a pass over memory: factors that do not vary
 * along the axes come out of the sum, terms that do not vary are counted, sums of sums are taken apart where the parts
 * are known, and Σ (x − mean x) is nothing.
 */
function sum(graph: Graph, value: Value, axes: ReadonlySet<number>): View | "zero" {
  const source = behindReshape(value, axes);
  if (source) {
    const total = sum(graph, source.value, source.axes);
    return total === "zero" ? total : kept(graph, total, value.shape, axes);
  }
  const parts = split(value, axes);
  if (parts?.op === "Mul") {
    const rest = sum(graph, parts.big, axes);
    return rest === "zero" ? rest : mul(graph, rest, viewOf(parts.small));
  }
  if (parts) {
    const count = sizeOf([...axes].map((i) => value.shape[i]));
    const whole = sum(graph, parts.big, axes);
    const constant = scaled(viewOf(parts.small), parts.signs[1] * count);
    if (whole === "zero") return constant;
    const signed = scaled(whole, parts.signs[0]);
    return cancels(signed, constant) ? "zero" : add(graph, signed, constant);
  }
  if ((value.op === "Add" || value.op === "Sub") && !known(graph, value, axes)) {
    const [a, b] = value.inputs;
    const full = sizeOf(a.shape) === sizeOf(value.shape) && sizeOf(b.shape) === sizeOf(value.shape);
    if (full && cost(graph, a, axes) + cost(graph, b, axes) <= 1) {
      const [left, right] = [sum(graph, a, axes), sum(graph, b, axes)];
      const signed = right === "zero" ? right : scaled(right, value.op === "Add" ? 1 : -1);
      if (left === "zero") return signed;
      return signed === "zero" ? left : add(graph, left, signed);
    }
  }
  return viewOf(reduceAxes(graph, value, "ReduceSum", axes));
}

interface Parts {
  readonly op: "Mul" | "Add";
  readonly big: Value;
  /** Does not vary along the axes. */
  readonly small: Value;
  /** Of big and of small. */
  readonly signs: readonly [number, number];
}

/** A product or a sum of which one operand does not vary along the axes. */
function split(value: Value, axes: ReadonlySet<number>): Parts | undefined {
  if (value.op !== "Mul" && value.op !== "Add" && value.op !== "Sub") return undefined;
  const operands = value.inputs.map((v) => (v.op === "Expand" ? v.inputs[0] : v));
  const i = operands.findIndex(
    (v) => v.shape.length === value.shape.length && [...axes].every((a) => v.shape[a] === 1),
  );
  const varies = [...axes].some((a) => value.shape[a] !== 1);
  if (i < 0 || !varies || sizeOf(value.inputs[1 - i].shape) !== sizeOf(value.shape)) return undefined;
  const sign = value.op === "Sub" ? -1 : 1;
  return {
    op: value.op === "Mul" ? "Mul" : "Add",
    big: value.inputs[1 - i],
    small: operands[i],
    signs: i === 1 ? [1, sign] : [sign, 1],
  };
}

/** New passes over memory that the sum takes: 0 where algebra and sums that are already there give it. */
function cost(graph: Graph, value: Value, axes: ReadonlySet<number>): number {
  const source = behindReshape(value, axes);
  if (source) return cost(graph, source.value, source.axes);
  const parts = split(value, axes);
  if (parts) return cost(graph, parts.big, axes);
  return known(graph, value, axes) ? 0 : 1;
}

/** The tensor that a reshape was made from, if the same sum can be said over its axes. */
function behindReshape(value: Value, axes: ReadonlySet<number>): { value: Value; axes: Set<number> } | undefined {
  if (value.op !== "Reshape") return undefined;
  const source = value.inputs[0];
  const summed = intervals(value.shape).filter((_, i) => axes.has(i));
  const found = new Set<number>();
  for (const [i, [low, high]] of intervals(source.shape).entries()) {
    if (low === high) continue;
    // Neighbouring axes of the reshaped tensor may together be one of the source, or the other way round.
    let covered = low;
    for (let more = true; more; ) {
      more = false;
      for (const [l, h] of summed)
        if (l <= covered && h > covered) {
          covered = h;
          more = true;
        }
    }
    if (covered >= high) found.add(i);
    else if (covered > low || summed.some(([l, h]) => l < high && h > low)) return undefined;
  }
  return { value: source, axes: found };
}

/** Of each axis, the products of the sizes after it, without and with its own. */
const intervals = (shape: readonly number[]): [number, number][] =>
  shape.map((_, i) => [sizeOf(shape.slice(i + 1)), sizeOf(shape.slice(i))]);

const known = (graph: Graph, value: Value, axes: ReadonlySet<number>): boolean => graph.sums.has(sumKey(value, axes));
const sumKey = (value: Value, axes: ReadonlySet<number>): string => `${value.id}:${[...axes].sort().join()}`;

/** True if two small views are the same but for opposite factors: a sum and its mean times the count. */
function cancels(x: View, y: View): boolean {
  const [a, b] = [bare(x), bare(y)];
  return a.root === b.root && Math.abs(a.scale + b.scale) <= 1e-6 * Math.abs(a.scale);
}

/** A view without reshapes and known factors. */
function bare(view: View): { root: Value; scale: number } {
  let { value: root, scale } = view;
  for (;;) {
    if (root.op === "Reshape") root = root.inputs[0];
    else if (root.op === "Mul" && root.inputs.some((v) => v.scalar !== undefined)) {
      const i = root.inputs[0].scalar !== undefined ? 0 : 1;
      scale *= root.inputs[i].scalar!;
      root = root.inputs[1 - i];
    } else return { root, scale };
  }
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
  if (op === "ReduceSum") graph.sums.add(sumKey(value, axes));
  const shape = [...value.shape];
  const everything = axes.size === shape.length;
  let current = value;
  for (let start = 0; start < shape.length; start++) {
    if (!axes.has(start)) continue;
    let end = start + 1;
    while (end < shape.length && (axes.has(end) || shape[end] === 1)) end++;
    // Leave the last axes for a second step if the rows after the run are short: an image's positions before the batch.
    if (op === "ReduceSum" && !everything && sizeOf(shape.slice(end)) < SHORT_ROW) {
      let cut = end;
      while (cut > start && sizeOf(shape.slice(cut)) < SHORT_ROW) cut--;
      if (cut > start && sizeOf(shape.slice(start, cut)) > 1) {
        end = cut;
        graph.sums.add(sumKey(value, new Set([...axes].filter((i) => i < end))));
      }
    }
    current = reduceRun(graph, current, op, shape.slice(0, start), shape.slice(start, end), shape.slice(end));
    for (let i = start; i < end; i++) shape[i] = 1;
    start = end - 1;
  }
  return graph.reshape(current, shape);
}

/**
 * Longest run that is summed in one go. Longer ones are summed in parts: single precision keeps its digits, and the
 * runtime, which works on the rows before the run in parallel and is eight times slower where there is only one (5 ms
 * instead of 0.6 ms for 13 MB), has rows to work on.
 */
const LONGEST_SUM = 1024;
const FEWEST_ROWS = 16;
const SHORT_ROW = 256;

/** Sum the axes in the middle: [outer, run, inner] → [outer, inner]. */
function reduceRun(graph: Graph, value: Value, op: string, before: Shape, summed: Shape, after: Shape): Value {
  const [outer, run, inner] = [before, summed, after].map((axes) => axes.filter((d) => d > 1));
  const [rows, length, width] = [outer, run, inner].map(sizeOf);
  if (op === "ReduceSum") {
    const few = rows < FEWEST_ROWS && width > 1 && length >= 4 * FEWEST_ROWS;
    if (few || length > LONGEST_SUM) {
      const [first, second] = inTwo(run, width === 1 || few ? Math.ceil(Math.sqrt(length)) : LONGEST_SUM);
      if (second.length > 0) {
        const sums = reduceRun(graph, value, op, [...outer, ...first], second, inner);
        return reduceRun(graph, sums, op, outer, first, inner);
      }
    }
    // One row of long runs: a product with ones adds them at memory speed.
    if (rows === 1 && width >= 4096) {
      const ones = graph.constant(new Float32Array(length).fill(1), [1, length], "float32");
      return graph.reshape(graph.node("MatMul", [ones, graph.reshape(value, [length, width])], [1, width]), inner);
    }
  }
  const axes = run.map((_, i) => outer.length + i);
  const from = graph.reshape(value, [...outer, ...run, ...inner]);
  if (axes.length === 0) return from;
  return graph.node(op, [from, graph.ints(axes)], [...outer, ...inner], { attributes: { keepdims: 0 } });
}

/** Cut a run of axes in two, the second part as near below the limit as may be: between two axes, where nothing is reshaped, if one ends there. */
function inTwo(run: Shape, limit: number): [first: Shape, second: Shape] {
  const length = sizeOf(run);
  const part = largestDivisor(length, limit);
  if (part === 1) return [run, []];
  const between = run.findIndex((_, i) => i > 0 && sizeOf(run.slice(i)) === part);
  return between > 0 ? [run.slice(0, between), run.slice(between)] : [[length / part], [part]];
}

/** The largest divisor of n up to a limit, 1 if there is none above. */
function largestDivisor(n: number, limit: number): number {
  for (let d = Math.min(limit, n - 1); d > 1; d--) if (n % d === 0) return d;
  return 1;
}
