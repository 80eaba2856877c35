import { type Graph, sizeOf, type Value } from "../graph.ts";
import { broadcastTo, type Factor, isReal, permute, refine, shapeOf, type View } from "../view.ts";

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
  const [a, b] = align2(graph, broadcastTo(x, shape), broadcastTo(y, shape));

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

interface Slot {
  readonly dim: number;
  readonly part: number;
}

const byAxis = (view: View) => (p: Slot, q: Slot) => view.dims[p.dim][p.part].axis - view.dims[q.dim][q.part].axis;

/** Cut both views alike; where that cannot be, one physical axis a dimension. */
function align2(graph: Graph, x: View, y: View): [View, View] {
  const cuts = x.dims.map((fs, i) => {
    const ends = (list: readonly Factor[]) => list.map((_, j) => sizeOf(list.slice(j).map((f) => f.size)));
    return [...new Set([...ends(fs), ...ends(y.dims[i])])].sort((p, q) => p - q);
  });
  const a = refine(graph, x, cuts);
  const b = a && refine(graph, y, cuts);
  if (a && b) return [unflipped(graph, a), unflipped(graph, b)];
  return [whole(graph, x), whole(graph, y)];
}

/** One physical axis a dimension; repeated dimensions stay repeated. */
function whole(graph: Graph, view: View): View {
  const partly = view.dims.map((fs) => fs.some(isReal));
  const factors = view.dims.flatMap((fs, i) => (partly[i] ? fs : []));
  const now = factors.map((f) => (isReal(f) ? f.size : 1));
  const then = factors.map((f) => f.size);
  const clean = unflipped(graph, view);
  let value = permute(graph, clean.value, clean.dims.flat().filter(isReal));
  if (now.some((n, i) => n !== then[i]))
    value = graph.node("Expand", [graph.reshape(value, now), graph.ints(then)], then);
  const shape = shapeOf(view).filter((_, i) => partly[i]);
  let axis = 0;
  const dims = view.dims.map((fs, i) =>
    partly[i]
      ? [{ size: shapeOf(view)[i], axis: axis++, flip: false }]
      : fs.length
        ? [{ ...fs[0], size: shapeOf(view)[i] }]
        : [],
  );
  return { value: graph.reshape(value, shape), dims, scale: view.scale };
}

function unflipped(graph: Graph, view: View): View {
  const axes = view.dims
    .flat()
    .filter((f) => isReal(f) && f.flip)
    .map((f) => f.axis);
  if (axes.length === 0) return view;
  const all = (n: number) => graph.ints(axes.map(() => n));
  const value = graph.node(
    "Slice",
    [view.value, all(-1), all(-(2 ** 31)), graph.ints(axes), all(-1)],
    view.value.shape,
  );
  return { ...view, value, dims: view.dims.map((fs) => fs.map((f) => ({ ...f, flip: false }))) };
}

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
