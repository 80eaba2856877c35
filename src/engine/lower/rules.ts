import { UsageError } from "../../core/errors.ts";
import type { DType, Graph } from "../graph.ts";
import type { Equation } from "../jaxpr.ts";
import { broadcastView, flipView, reshapeView, transposeView, type View } from "../view.ts";
import { conv } from "./conv.ts";
import { dot } from "./dot.ts";
import { add, apply, compare, max, min, mul, reciprocal, scaled, unary, where } from "./elementwise.ts";
import { cast, concatenate, gather, pad, scatterAdd, shrink, split } from "./movement.ts";
import { pool, poolTranspose } from "./pool.ts";
import { reduce } from "./reduce.ts";

/** What one traced primitive becomes. `precise`: a comparison depends on it, so that speed must not cost digits. */
export type Rule = (graph: Graph, inputs: View[], params: Equation["params"], precise: boolean) => View | View[];

const elementwise =
  (op: string): Rule =>
  (graph, [x]) =>
    unary(graph, op, x);

/** Lowering rules by primitive name. A primitive that is not here cannot be compiled. */
export const rules: Readonly<Record<string, Rule>> = {
  add: (g, [x, y]) => add(g, x, y),
  mul: (g, [x, y]) => mul(g, x, y),
  idiv: (g, [x, y]) => apply(g, "Div", [x, y]),
  max: (g, [x, y]) => max(g, x, y),
  min: (g, [x, y]) => min(g, x, y),
  neg: (_, [x]) => scaled(x, -1),
  reciprocal: (g, [x]) => reciprocal(g, x),
  floor: elementwise("Floor"),
  ceil: elementwise("Ceil"),
  sin: elementwise("Sin"),
  cos: elementwise("Cos"),
  asin: elementwise("Asin"),
  atan: elementwise("Atan"),
  exp: elementwise("Exp"),
  log: elementwise("Log"),
  sqrt: elementwise("Sqrt"),
  erf: elementwise("Erf"),
  stop_gradient: (_, [x]) => x,
  cast: (g, [x], { dtype }) => cast(g, x, physicalType(dtype)),
  compare: (g, [x, y], { op }) => compare(g, x, y, op),
  where: (g, [c, x, y]) => where(g, c, x, y),
  reduce: (g, [x], { op, axis }) => reduce(g, x, op, axis),
  dot: (g, [x, y]) => dot(g, x, y),
  conv: (g, [x, y], params, precise) => conv(g, x, y, params as Parameters<typeof conv>[3], precise),
  pool: (g, [x], { window, strides }) => pool(g, x, window, strides),
  pool_transpose: (g, [x], { inShape, window, strides }) => poolTranspose(g, x, inShape, window, strides),
  transpose: (_, [x], { perm }) => transposeView(x, perm),
  broadcast: (_, [x], { shape, axis }) => broadcastView(x, shape, axis),
  reshape: (g, [x], { shape }) => reshapeView(g, x, shape),
  flip: (_, [x], { axis }) => flipView(x, axis),
  shrink: (g, [x], { slice }) => shrink(g, x, slice),
  pad: (g, [x], { width }) => pad(g, x, width),
  concatenate: (g, xs, { axis }) => concatenate(g, xs, axis),
  split: (g, [x], { axis, sizes }) => split(g, x, axis, sizes),
  gather: (g, [x, ...indices], { axis, outDim }) => gather(g, x, indices, axis, outDim),
  scatter: (g, [x, ...indices], { op, shape, axis, outDim }) => {
    if (op !== "add") throw new UsageError(`engine: unknown lowering: expected scatter with op add, got op ${op}`);
    return scatterAdd(g, x, indices, shape, axis, outDim);
  },
};

/** The type that graphs compute a traced type in. Unsigned integers are kept in signed ones. */
export function physicalType(dtype: string): DType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  if (dtype === "uint32") return "int32";
  throw new UsageError(`engine: invalid element type: expected float32, int32, uint32 or bool, got ${dtype}`);
}
