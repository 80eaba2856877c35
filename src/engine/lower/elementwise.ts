import { type DType, type Graph, sameShape, type Value } from "../graph.ts";
import { align, broadcastTo, constantOf, shapeOf, type View, viewOf } from "../view.ts";

/** Apply an elementwise operator to aligned operands. Scales must have been dealt with. */
export function apply(graph: Graph, op: string, operands: readonly View[], dtype?: DType): View {
  const { values, shape, dims } = align(graph, operands);
  const wide = values.map((v) => widened(graph, v, shape));
  return { value: graph.node(op, wide, shape, { dtype }), dims, scale: 1 };
}

/** Shortest run that the runtime handles at memory speed when it repeats an operand. */
const SHORT_RUN = 512;

/** Repeat a small operand over some more of the last axes, where it would be read in runs too short. */
function widened(graph: Graph, value: Value, shape: readonly number[]): Value {
  const total = shape.reduce((n, d) => n * d, 1);
  if (size(value) === 1 || size(value) === total) return value;
  const to = [...value.shape];
  let run = 1;
  for (let i = shape.length - 1; i >= 0 && run < SHORT_RUN; i--) {
    if (to[i] !== shape[i]) {
      if (size(value) * shape[i] * 16 > total || run === 1) break;
      to[i] = shape[i];
    }
    run *= shape[i];
  }
  return sameShape(to, value.shape) ? value : graph.node("Expand", [value, graph.ints(to)], to);
}

/** Multiply the pending scale in. */
export function settle(graph: Graph, view: View): View {
  if (view.scale === 1) return view;
  const known = constantOf(view);
  if (known !== undefined) return { ...view, scale: 1, value: scalarLike(graph, view.value, known) };
  return { ...view, scale: 1, value: multiply(graph, view.value, view.scale) };
}

/** value · scale, taken up by a small operand of the product that made it where there is one. */
function multiply(graph: Graph, value: Value, scale: number): Value {
  if (value.op === "Reshape") return graph.reshape(multiply(graph, value.inputs[0], scale), value.shape);
  if (value.op === "Expand")
    return graph.node("Expand", [multiply(graph, value.inputs[0], scale), value.inputs[1]], value.shape);
  const known = value.op === "Mul" ? value.inputs.findIndex((v) => v.scalar !== undefined) : -1;
  if (known >= 0) {
    const [factor, rest] = [value.inputs[known].scalar!, value.inputs[1 - known]];
    return factor * scale === 1 ? rest : graph.node("Mul", [rest, graph.scalar(factor * scale)], value.shape);
  }
  const made = value.op === "Mul" ? [...value.inputs].sort((a, b) => size(a) - size(b)) : [];
  if (made.length > 0 && size(made[0]) * 4 <= size(value)) {
    const small = multiply(graph, made[0], scale);
    return graph.node("Mul", [small, made[1]], value.shape);
  }
  if (value.op === "FusedMatMul" || value.op === "MatMul") {
    const alpha = (value.attributes.alpha as { float: number } | undefined)?.float ?? 1;
    const attributes = { ...value.attributes, alpha: { float: alpha * scale } };
    return graph.node("FusedMatMul", value.inputs, value.shape, { domain: "com.microsoft", attributes });
  }
  return graph.node("Mul", [value, graph.scalar(scale)], value.shape);
}

const size = (value: Value): number => value.shape.reduce((n, d) => n * d, 1);

function scalarLike(graph: Graph, like: Value, value: number): Value {
  return graph.reshape(graph.scalar(value, like.dtype), like.shape);
}

export function constantView(graph: Graph, value: number, shape: readonly number[], dtype: DType = "float32"): View {
  return broadcastTo(viewOf(graph.scalar(value, dtype)), shape);
}

const elements = (view: View): number => view.value.shape.reduce((n, d) => n * d, 1);
const isFloat = (view: View): boolean => view.value.dtype === "float32";

function commonShape(x: View, y: View): number[] {
  const a = shapeOf(x);
  const b = shapeOf(y);
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1));
}

/** s·a + t·b as s·(a ± b) where |s| = |t|, otherwise the smaller operand takes the quotient of the scales. */
export function add(graph: Graph, x: View, y: View): View {
  const cx = constantOf(x);
  const cy = constantOf(y);
  const shape = commonShape(x, y);
  if (cx !== undefined && cy !== undefined) return constantView(graph, cx + cy, shape, x.value.dtype);
  if (cx === 0) return broadcastTo(y, shape);
  if (cy === 0) return broadcastTo(x, shape);
  if (!isFloat(x)) return apply(graph, "Add", [x, y]);
  if (x.value === y.value && sameDims(x, y)) {
    const scale = x.scale + y.scale;
    return scale === 0 ? constantView(graph, 0, shape) : { ...x, scale };
  }
  const merged = addTerm(graph, x, y) ?? addTerm(graph, y, x) ?? addFactor(graph, x, y) ?? addFactor(graph, y, x);
  if (merged) return merged;
  if (x.scale === y.scale) return { ...apply(graph, "Add", ordered(x, y)), scale: x.scale };
  if (x.scale === -y.scale) return { ...apply(graph, "Sub", [x, y]), scale: x.scale };
  // The smaller is scaled; of equals the one that has a scale, so that none is left to the sum.
  const unit = (v: View) => Math.abs(v.scale) === 1;
  if (elements(x) < elements(y) || (elements(x) === elements(y) && unit(y) && !unit(x))) return add(graph, y, x);
  const ratio = settle(graph, { ...y, scale: Math.abs(y.scale / x.scale) });
  const op = Math.sign(x.scale) === Math.sign(y.scale) ? "Add" : "Sub";
  return { ...apply(graph, op, op === "Add" ? ordered(x, ratio) : [x, ratio]), scale: x.scale };
}

/** (a ± v) + t·v = a + (t ± 1)·v: the derivative of a square adds one term twice. */
function addTerm(graph: Graph, x: View, y: View): View | undefined {
  const { op, inputs } = x.value;
  if ((op !== "Add" && op !== "Sub") || elements(x) !== elements(y)) return undefined;
  // The term as `add` would have written it when it was added first.
  const settled = settle(graph, { ...y, scale: Math.abs(y.scale / x.scale) });
  const { values, dims } = align(graph, [x, settled]);
  const i = inputs.indexOf(values[1]);
  if (i < 0 || values[0] !== x.value || !sameShape(inputs[0].shape, inputs[1].shape)) return undefined;
  const signs = [1, op === "Sub" ? -1 : 1];
  const other: View = { value: inputs[1 - i], dims, scale: x.scale * signs[1 - i] };
  const total = signs[i] + Math.sign(y.scale / x.scale);
  return total === 0 ? other : add(graph, other, { ...settled, scale: x.scale * total });
}

/** (a ± s·v) + t·v = a + (t ± s)·v for small s and t: a pass and a half over v less. */
function addFactor(graph: Graph, x: View, y: View): View | undefined {
  const product = factored(y.value);
  if (!product || !sameDims(x, y) || !sameShape(x.value.shape, y.value.shape)) return undefined;
  const ratio = y.scale / x.scale;
  const value = withFactor(graph, x.value, product.big, (s, sign) => {
    const [a, t] = [viewOf(s, sign), viewOf(product.small, ratio)];
    return settle(graph, scaled(add(graph, a, t), sign)).value;
  });
  return value && { ...x, value };
}

/** A product of a large and a small tensor of one rank. */
function factored(value: Value): { small: Value; big: Value } | undefined {
  if (value.op !== "Mul") return undefined;
  const [small, big] = [...value.inputs].sort((a, b) => size(a) - size(b));
  return size(small) * 16 <= size(big) && size(big) === size(value) ? { small, big } : undefined;
}

/** A sum, with the small factor s of the term s·big in it replaced; undefined where there is none. */
function withFactor(
  graph: Graph,
  value: Value,
  big: Value,
  change: (s: Value, sign: 1 | -1) => Value,
  sign: 1 | -1 = 1,
): Value | undefined {
  const product = factored(value);
  if (product?.big === big) return graph.node("Mul", [change(product.small, sign), big], value.shape);
  if (value.op !== "Add" && value.op !== "Sub") return undefined;
  for (const i of [0, 1]) {
    const own = value.op === "Sub" && i === 1 ? (-sign as 1 | -1) : sign;
    const term = withFactor(graph, value.inputs[i], big, change, own);
    if (term) return graph.node(value.op, i === 0 ? [term, value.inputs[1]] : [value.inputs[0], term], value.shape);
  }
  return undefined;
}

/** Commuting operands in one order, so that a·b and b·a are one node. */
function ordered(x: View, y: View): [View, View] {
  return x.value.id <= y.value.id ? [x, y] : [y, x];
}

const sameDims = (x: View, y: View): boolean => JSON.stringify(x.dims) === JSON.stringify(y.dims);

/** (s·a)(t·b) = st·(a·b). */
export function mul(graph: Graph, x: View, y: View): View {
  const cx = constantOf(x);
  const cy = constantOf(y);
  const shape = commonShape(x, y);
  if (cx !== undefined && cy !== undefined) return constantView(graph, cx * cy, shape, x.value.dtype);
  if (!isFloat(x)) return apply(graph, x.value.dtype === "bool" ? "And" : "Mul", [x, y]);
  if (cx !== undefined) return cx === 0 ? constantView(graph, 0, shape) : scaled(broadcastTo(y, shape), cx);
  if (cy !== undefined) return cy === 0 ? constantView(graph, 0, shape) : scaled(broadcastTo(x, shape), cy);
  const mask = sameMask(x, y);
  if (mask) return mask;
  return { ...apply(graph, "Mul", ordered(x, y)), scale: x.scale * y.scale };
}

export const scaled = (view: View, by: number): View => ({ ...view, scale: view.scale * by });

/** m·(m·g) = m·g for a 0/1 mask m. */
function sameMask(x: View, y: View): View | undefined {
  for (const [m, p] of [
    [x, y],
    [y, x],
  ]) {
    if (m.scale === 1 && isMask(m.value) && p.value.op === "Mul" && p.value.inputs.includes(m.value) && sameDims(m, p))
      return p;
  }
  return undefined;
}

const isMask = (v: Value): boolean => v.op === "HardSigmoid" || (v.op === "Cast" && v.inputs[0].dtype === "bool");

export function reciprocal(graph: Graph, x: View): View {
  const c = constantOf(x);
  if (c !== undefined) return constantView(graph, 1 / c, shapeOf(x));
  return { ...apply(graph, "Reciprocal", [x]), scale: 1 / x.scale };
}

/** max(s·a, s·b) = s·max(a, b) for s > 0; with a zero it is Relu. */
export function max(graph: Graph, x: View, y: View): View {
  if (constantOf(x) === 0) return max(graph, y, x);
  if (constantOf(y) === 0 && isFloat(x) && x.scale > 0) return { ...apply(graph, "Relu", [x]), scale: x.scale };
  return apply(graph, "Max", [settle(graph, x), settle(graph, y)]);
}

export function min(graph: Graph, x: View, y: View): View {
  return apply(graph, "Min", [settle(graph, x), settle(graph, y)]);
}

/** A comparison. Against zero a positive scale does not matter. */
export function compare(graph: Graph, x: View, y: View, op: string): View {
  const bare = (a: View, b: View) => (constantOf(b) === 0 && a.scale > 0 ? { ...a, scale: 1 } : settle(graph, a));
  const operands = [bare(x, y), bare(y, x)];
  if (op === "less") return apply(graph, "Less", operands, "bool");
  if (op === "less_equal") return apply(graph, "LessOrEqual", operands, "bool");
  const equal = apply(graph, "Equal", operands, "bool");
  return op === "equal" ? equal : apply(graph, "Not", [equal], "bool");
}

/**
 * Choose by a condition. Where one branch is zero and the condition is a comparison with a number (the derivative of a
 * rectifier) it is a product with a 0/1 mask: multiplication is several times faster than `Where`.
 */
export function where(graph: Graph, condition: View, x: View, y: View): View {
  const shape = commonShape(condition, apply0(x, y));
  const rectified = rectifier(graph, condition, x, y);
  if (rectified) return rectified;
  const known = condition.value.scalar;
  if (known !== undefined) return broadcastTo(known ? x : y, shape);
  if (isFloat(x) && (constantOf(x) === 0 || constantOf(y) === 0)) {
    const keepWhen = constantOf(y) === 0;
    const kept = keepWhen ? x : y;
    if (comparesWithNumber(condition.value) && constantOf(kept) !== 0)
      return broadcastTo(mul(graph, maskOf(graph, condition, keepWhen), kept), shape);
  }
  const zero = (v: View) => constantOf(v) === 0;
  const scale = x.scale === y.scale || zero(y) ? x.scale : zero(x) ? y.scale : undefined;
  if (scale !== undefined) {
    const bare = [x, y].map((v) => ({ ...v, scale: 1 }));
    return { ...apply(graph, "Where", [condition, ...bare], x.value.dtype), scale };
  }
  return apply(graph, "Where", [condition, settle(graph, x), settle(graph, y)], x.value.dtype);
}

/** 0 < a ? a : 0 is Relu(a). */
function rectifier(graph: Graph, condition: View, x: View, y: View): View | undefined {
  const { op, inputs } = condition.value;
  if (op !== "Less" || inputs[0].scalar !== 0 || constantOf(y) !== 0 || x.scale <= 0) return undefined;
  if (inputs[1] !== x.value || !sameDims(condition, x)) return undefined;
  return { ...apply(graph, "Relu", [x]), scale: x.scale };
}

const apply0 = (x: View, y: View): View =>
  x.dims.length > y.dims.length ? broadcastTo(y, commonShape(x, y)) : broadcastTo(x, commonShape(x, y));

const comparesWithNumber = (v: Value): boolean =>
  (v.op === "Less" || v.op === "LessOrEqual") && v.inputs.some((i) => i.scalar !== undefined);

/**
 * Slope of a step: min(max(STEEP · x, 0), 1) is 1 for every normal x > 0 and 0 for every other, in one pass where a
 * comparison and a cast take two.
 */
const STEEP = 3e38;

/** 1 where the condition is `keepWhen`, else 0. a < 0 is taken as not (0 ≤ a). */
function maskOf(graph: Graph, condition: View, keepWhen: boolean): View {
  let test = condition.value;
  if (keepWhen && test.op === "Less" && test.inputs[0].scalar === 0 && test.inputs[1].dtype === "float32") {
    const of = test.inputs[1];
    const attributes = { alpha: { float: STEEP }, beta: { float: 0 } };
    return { ...condition, value: graph.node("HardSigmoid", [of], of.shape, { attributes }) };
  }
  if (!keepWhen) {
    const opposite = test.op === "Less" ? "LessOrEqual" : "Less";
    test = graph.node(opposite, [test.inputs[1], test.inputs[0]], test.shape, { dtype: "bool" });
  }
  const value = graph.node("Cast", [test], test.shape, { dtype: "float32", attributes: { to: 1 } });
  return { ...condition, value };
}

/** An operator of one operand that is neither linear nor scale-free. */
export function unary(graph: Graph, op: string, x: View): View {
  return apply(graph, op, [settle(graph, x)]);
}
