import { type Graph, sizeOf, type Value } from "../graph.ts";
import {
  broadcastTo,
  commonFactors,
  constantOf,
  type Factor,
  isReal,
  permute,
  shapeOf,
  unflipped,
  type View,
} from "../view.ts";

import { constantView } from "./elementwise.ts";

/**
 * out[…] = Σ_k x[…, k] · y[…, k] with NumPy broadcasting of the leading dimensions: one batched matrix product. A
 * dimension that both operands really have is batch, one that only x has is a row, one that only y has a column.
 */
export function dot(graph: Graph, x: View, y: View): View {
  const [sx, sy] = [shapeOf(x), shapeOf(y)];
  const rank = Math.max(sx.length, sy.length);
  const shape = Array.from({ length: rank }, (_, i) =>
    Math.max(sx[i - rank + sx.length] ?? 1, sy[i - rank + sy.length] ?? 1),
  );
  if (constantOf(x) === 0 || constantOf(y) === 0) return constantView(graph, 0, shape.slice(0, -1));
  const views = [broadcastTo(x, shape), broadcastTo(y, shape)];
  const [a, b] = inOrder(commonFactors(graph, views, shape).map((view) => unflipped(graph, view)));

  const slots = a.dims.slice(0, -1).flatMap((fs, dim) => fs.map((_, part) => ({ dim, part })));
  const inA = (s: Slot) => isReal(a.dims[s.dim][s.part]);
  const inB = (s: Slot) => isReal(b.dims[s.dim][s.part]);
  const batch = slots.filter((s) => inA(s) && inB(s)).sort(byAxis(a));
  const rows = slots.filter((s) => inA(s) && !inB(s)).sort(byAxis(a));
  const cols = slots.filter((s) => !inA(s) && inB(s)).sort(byAxis(b));
  const k = a.dims[rank - 1].map((_, part) => ({ dim: rank - 1, part })).sort(byAxis(a));

  const left = matrix(graph, a, batch, rows, k);
  const right = matrix(graph, b, batch, cols, k);
  const sizes = (list: Slot[]) => list.map((s) => a.dims[s.dim][s.part].size);
  const [nb, nr, nc] = [batch, rows, cols].map((list) => sizeOf(sizes(list)));
  // Repeated contraction on both sides counts; on one side `matrix` has made it physical.
  const product = multiply(graph, left, right, [nb, nr, nc], a.scale * b.scale);
  const axes = [...batch, ...rows, ...cols];
  const value = graph.reshape(
    product,
    axes.map((s) => a.dims[s.dim][s.part].size),
  );
  const dims = a.dims.slice(0, -1).map((fs, dim) =>
    fs.map((f, part) => ({
      size: f.size,
      flip: false,
      axis: axes.findIndex((s) => s.dim === dim && s.part === part),
    })),
  );
  return { value, dims, scale: 1 };
}

/**
 * Which operand gives the rows. Of an outer product over few (the gradient of a linear layer's weight over a batch) the
 * longer one: layers mostly narrow, so that the gradient lies as the weight does and is not turned when the two meet. Of a
 * batch of contractions that are longer than the results are wide (the gradient of each image's kernel over positions) the
 * shorter one: the runtime multiplies wide rows faster.
 */
function inOrder([a, b]: readonly View[]): readonly View[] {
  const k = a.dims[a.dims.length - 1].reduce((p, f) => p * f.size, 1);
  const [n, m] = [sizeOf(a.value.shape), sizeOf(b.value.shape)];
  const rows = onlyIn(a, b);
  const outer = m > n && n >= k * k;
  const long = m < n && rows < k && rows * k < n;
  return outer || long ? [b, a] : [a, b];
}

/** Size of what the first of two operands has and the second only repeats, the contraction aside. */
function onlyIn(a: View, b: View): number {
  const dims = a.dims.slice(0, -1);
  return sizeOf(dims.flatMap((fs, d) => fs.filter((f, i) => isReal(f) && !isReal(b.dims[d][i])).map((f) => f.size)));
}

interface Slot {
  readonly dim: number;
  readonly part: number;
}

const byAxis = (view: View) => (p: Slot, q: Slot) => view.dims[p.dim][p.part].axis - view.dims[q.dim][q.part].axis;

interface Matrix {
  readonly value: Value;
  /** [batch, contracted, outer] instead of [batch, outer, contracted]. */
  readonly contractedFirst: boolean;
}

/** The operand as a batch of matrices, taking whichever of the two orders it already lies in. */
function matrix(graph: Graph, view: View, batch: readonly Slot[], outer: readonly Slot[], k: readonly Slot[]): Matrix {
  const f = (s: Slot) => view.dims[s.dim][s.part];
  const real = (list: readonly Slot[]) => list.map(f).filter(isReal);
  const n = (list: readonly Slot[]) => sizeOf(list.map((s) => f(s).size));
  const ascending = (list: Factor[]) => list.every((x, i) => i === 0 || list[i - 1].axis < x.axis);
  const contractedFirst =
    !ascending([...real(batch), ...real(outer), ...real(k)]) && ascending([...real(batch), ...real(k), ...real(outer)]);
  const slots = contractedFirst ? [...batch, ...k, ...outer] : [...batch, ...outer, ...k];
  let value = permute(graph, view.value, real(slots));
  const now = slots.map((s) => (isReal(f(s)) ? f(s).size : 1));
  const then = slots.map((s) => f(s).size);
  if (now.some((size, i) => size !== then[i]))
    value = graph.node("Expand", [graph.reshape(value, now), graph.ints(then)], then);
  const shape = contractedFirst ? [n(batch), n(k), n(outer)] : [n(batch), n(outer), n(k)];
  return { value: graph.reshape(value, shape), contractedFirst };
}

function multiply(graph: Graph, x: Matrix, y: Matrix, shape: readonly number[], alpha: number): Value {
  const [nb, nr, nc] = shape;
  const flat = (m: Matrix) => (nb === 1 ? graph.reshape(m.value, m.value.shape.slice(1)) : m.value);
  const out = nb === 1 ? [nr, nc] : [nb, nr, nc];
  const [left, right] = [flat(x), flat(y)];
  if (!x.contractedFirst && y.contractedFirst && alpha === 1) return graph.node("MatMul", [left, right], out);
  const attributes = { transA: x.contractedFirst ? 1 : 0, transB: y.contractedFirst ? 0 : 1, alpha: { float: alpha } };
  return graph.node("FusedMatMul", [left, right], out, { domain: "com.microsoft", attributes });
}
