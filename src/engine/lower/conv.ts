import { type Graph, sizeOf, type Value } from "../graph.ts";
import { arrange, type Factor, isReal, shapeOf, type View } from "../view.ts";

interface ConvParams {
  readonly vmapDims: number;
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
}

/**
 * out[a, b, p] = Σ_{k, t} lhs[a, k, s(p, t)] · rhs[b, k, t]: every convolution, and every derivative of one of any
 * order, is this contraction with other sizes. It is done by unfolding one operand over its spatial positions (a
 * gather of whole channel rows, "im2col") and one matrix product; the operand whose unfolding is smaller is taken.
 *
 * The layout is channels last, so that rows are contiguous. When a forward pass, its weight gradient and its tangent
 * unfold the same tensor with the same table, they share one node.
 */
export function conv(graph: Graph, lhs: View, rhs: View, params: ConvParams): View {
  const v = params.vmapDims;
  if (v > 0) return grouped(graph, lhs, rhs, params);
  const sizes = { lhs: shapeOf(lhs), rhs: shapeOf(rhs) };
  const [a, k] = sizes.lhs;
  const b = sizes.rhs[0];
  const table = spatialTable(sizes.lhs.slice(2), sizes.rhs.slice(2), params, spatialFlips(lhs), spatialFlips(rhs));
  const [p, t, s] = [sizeOf(table.out), table.rhs, table.lhs];
  const bare = { lhs: unflip(lhs), rhs: unflip(rhs) };

  const scale = lhs.scale * rhs.scale;
  const cost = {
    lhs: a * k * p * t,
    rhs: b * k * p * s,
    lhsTaps: 2 * a * b * (s * t + 2 * p * t),
    rhsTaps: 2 * a * b * (s * t + 2 * p * s),
  };
  const least = Math.min(...Object.values(cost));
  const { out, byLhs, byRhs } = table;
  if (cost.lhs === least) return unfolded(graph, bare.lhs, bare.rhs, byLhs, p, t, s, out, scale, false);
  if (cost.rhs === least) return unfolded(graph, bare.rhs, bare.lhs, byRhs, p, s, t, out, scale, true);
  if (cost.lhsTaps === least) return tapped(graph, bare.lhs, bare.rhs, byLhs, p, t, s, out, scale, false);
  return tapped(graph, bare.rhs, bare.lhs, byRhs, p, s, t, out, scale, true);
}

/** Σ over (contracted, taps) of unfold(x)[x0, p, tap, c] · y[y0, c, tap]. `swap`: x is the right operand. */
function unfolded(
  graph: Graph,
  x: View,
  y: View,
  index: Int32Array<ArrayBuffer>,
  p: number,
  taps: number,
  positions: number,
  out: readonly number[],
  scale: number,
  swap: boolean,
): View {
  const spatial = (view: View) => view.dims.map((_, i) => i).slice(2);
  const outer = shapeOf(x)[0];
  const inner = shapeOf(x)[1];
  const other = shapeOf(y)[0];
  // Contract over rows when the contracted dimension leads in memory (weight gradients), over columns otherwise.
  const rows = firstAxis(x, 1) < firstAxis(x, 0);
  const tensor = arrange(graph, x, rows ? [[1], spatial(x), [0]] : [[0], spatial(x), [1]]);
  const [lead, last] = rows ? [inner, outer] : [outer, inner];
  const order = rows ? transposeTable(index, p, taps) : index;
  const [first, second] = rows ? [taps, p] : [p, taps];
  const cols = gatherRows(graph, tensor, order, first, second, positions, lead, last);

  if (rows) {
    const left = graph.reshape(cols, [inner * taps, p * outer]);
    const right = graph.reshape(arrange(graph, y, [[1], spatial(y), [0]]), [inner * taps, other]);
    const product = graph.node("FusedMatMul", [left, right], [p * outer, other], {
      domain: "com.microsoft",
      attributes: { transA: 1, alpha: { float: scale } },
    });
    const value = graph.reshape(product, [...out, outer, other]);
    return placed(value, out.length, out.length + 1, out, 0, swap);
  }
  const left = graph.reshape(cols, [outer * p, taps * inner]);
  const right = graph.reshape(arrange(graph, y, [spatial(y), [1], [0]]), [taps * inner, other]);
  const value = graph.reshape(matmul(graph, left, right, scale), [outer, ...out, other]);
  return placed(value, 0, out.length + 1, out, 1, swap);
}

/** Products per tap first, shifted and summed after: cheaper where few channels come out of many. */
function tapped(
  graph: Graph,
  x: View,
  y: View,
  index: Int32Array<ArrayBuffer>,
  p: number,
  taps: number,
  positions: number,
  out: readonly number[],
  scale: number,
  swap: boolean,
): View {
  const [outer, inner] = shapeOf(x);
  const other = shapeOf(y)[0];
  const spatial = x.dims.map((_, i) => i).slice(2);
  const left = graph.reshape(arrange(graph, x, [[0], spatial, [1]]), [outer * positions, inner]);
  const right = graph.reshape(arrange(graph, y, [[1], spatial, [0]]), [inner, taps * other]);
  const products = graph.reshape(matmul(graph, left, right, scale), [outer, positions * taps, other]);
  const rows = positions * taps;
  const flat = index.map((i, j) => (i === positions ? rows : i * taps + (j % taps)));
  const shifted = gatherRows(graph, products, flat, p, taps, rows, outer, other);
  const summed = graph.node("ReduceSum", [graph.reshape(shifted, [outer * p, taps, other]), graph.ints([1])], [outer * p, other], {
    attributes: { keepdims: 0 },
  });
  return placed(graph.reshape(summed, [outer, ...out, other]), 0, out.length + 1, out, 1, swap);
}

function matmul(graph: Graph, left: Value, right: Value, scale: number): Value {
  const shape = [left.shape[0], right.shape[1]];
  if (scale === 1) return graph.node("MatMul", [left, right], shape);
  return graph.node("FusedMatMul", [left, right], shape, {
    domain: "com.microsoft",
    attributes: { alpha: { float: scale } },
  });
}

/** The logical result [a, b, …out] of a physical tensor whose axes `x`, `y` and `space…` hold those dimensions. */
function placed(value: Value, x: number, y: number, out: readonly number[], space: number, swap: boolean): View {
  const dim = (axis: number): Factor[] => {
    const size = value.shape[axis];
    return size === 1 ? [] : [{ size, axis, flip: false }];
  };
  const [a, b] = swap ? [y, x] : [x, y];
  return { value, scale: 1, dims: [dim(a), dim(b), ...out.map((_, i) => dim(space + i))] };
}

/** rows [lead, positions, last] → [lead, first·second, last]; an index equal to `positions` reads zeros. */
function gatherRows(
  graph: Graph,
  rows: Value,
  index: Int32Array<ArrayBuffer>,
  first: number,
  second: number,
  positions: number,
  lead: number,
  last: number,
): Value {
  let table = graph.reshape(rows, [lead, positions, last]);
  if (index.every((i, j) => i === j) && index.length === positions) return table;
  if (index.includes(positions)) {
    const pads = graph.ints([0, 0, 0, 0, 1, 0]);
    table = graph.node("Pad", [table, pads], [lead, positions + 1, last]);
  }
  const indices = graph.constant(index, [first * second], "int32");
  return graph.node("Gather", [table, indices], [lead, first * second, last], { attributes: { axis: 1 } });
}

interface Table {
  readonly out: readonly number[];
  /** Number of spatial positions of either operand. */
  readonly lhs: number;
  readonly rhs: number;
  /** [out position, rhs position] → lhs position, or `lhs` where padding is read. */
  readonly byLhs: Int32Array<ArrayBuffer>;
  /** [out position, lhs position] → rhs position, or `rhs` where it has no part. */
  readonly byRhs: Int32Array<ArrayBuffer>;
}

/** Which positions meet, in the physical (unflipped) order of both operands. */
function spatialTable(
  lhs: readonly number[],
  rhs: readonly number[],
  params: ConvParams,
  lhsFlips: readonly boolean[],
  rhsFlips: readonly boolean[],
): Table {
  const out = lhs.map((size, d) => {
    const padded = (size - 1) * params.lhsDilation[d] + 1 + params.padding[d][0] + params.padding[d][1];
    const kernel = (rhs[d] - 1) * params.rhsDilation[d] + 1;
    return Math.floor((padded - kernel) / params.strides[d]) + 1;
  });
  const axes = lhs.map((size, d) => {
    const map = new Int32Array(out[d] * rhs[d]).fill(-1);
    for (let p = 0; p < out[d]; p++)
      for (let t = 0; t < rhs[d]; t++) {
        const q = p * params.strides[d] + t * params.rhsDilation[d] - params.padding[d][0];
        const s = q / params.lhsDilation[d];
        if (!Number.isInteger(s) || s < 0 || s >= size) continue;
        map[p * rhs[d] + (rhsFlips[d] ? rhs[d] - 1 - t : t)] = lhsFlips[d] ? size - 1 - s : s;
      }
    return map;
  });
  const [nOut, nLhs, nRhs] = [out, lhs, rhs].map(sizeOf);
  const byLhs = new Int32Array(nOut * nRhs);
  const byRhs = new Int32Array(nOut * nLhs).fill(nRhs);
  for (let p = 0; p < nOut; p++)
    for (let t = 0; t < nRhs; t++) {
      let s = 0;
      let valid = true;
      for (let d = 0, po = nOut, to = nRhs; d < lhs.length; d++) {
        po /= out[d];
        to /= rhs[d];
        const i = axes[d][(Math.floor(p / po) % out[d]) * rhs[d] + (Math.floor(t / to) % rhs[d])];
        valid &&= i >= 0;
        s = s * lhs[d] + i;
      }
      byLhs[p * nRhs + t] = valid ? s : nLhs;
      if (valid) byRhs[p * nLhs + s] = t;
    }
  return { out, lhs: nLhs, rhs: nRhs, byLhs, byRhs };
}

function transposeTable(index: Int32Array<ArrayBuffer>, p: number, taps: number): Int32Array<ArrayBuffer> {
  return Int32Array.from(index, (_, j) => index[(j % p) * taps + Math.floor(j / p)]);
}

/** A spatial dimension that is read backwards as a whole is folded into the table. */
function spatialFlips(view: View): boolean[] {
  return view.dims.slice(2).map((fs) => wholeFlip(fs));
}

const wholeFlip = (fs: readonly Factor[]): boolean => fs.length > 0 && fs.every((f) => isReal(f) && f.flip);

function unflip(view: View): View {
  const dims = view.dims.map((fs, i) => (i >= 2 && wholeFlip(fs) ? fs.map((f) => ({ ...f, flip: false })) : fs));
  return { ...view, dims };
}

/** The slowest physical axis that this dimension holds, −1 if it holds none (length 1 or repeated). */
function firstAxis(view: View, dim: number): number {
  return Math.min(...view.dims[dim].filter(isReal).map((f) => f.axis), view.dims[dim].some(isReal) ? Infinity : -1);
}

/** Grouped convolution: one contraction a group, results side by side. Leading dimensions are the groups. */
function grouped(graph: Graph, lhs: View, rhs: View, params: ConvParams): View {
  const groups = shapeOf(lhs)[0];
  const parts = Array.from({ length: groups }, (_, g) =>
    conv(graph, takeFirst(graph, lhs, g), takeFirst(graph, rhs, g), { ...params, vmapDims: params.vmapDims - 1 }),
  );
  const shape = shapeOf(parts[0]);
  const values = parts.map((part) => {
    const whole = arrange(
      graph,
      part,
      shape.map((_, i) => [i]),
    );
    return graph.reshape(whole, [1, ...shape]);
  });
  const value = graph.node("Concat", values, [groups, ...shape], { attributes: { axis: 0 } });
  return {
    value,
    scale: 1,
    dims: [groups, ...shape].map((size, axis) => (size === 1 ? [] : [{ size, axis, flip: false }])),
  };
}

function takeFirst(graph: Graph, view: View, index: number): View {
  const shape = shapeOf(view);
  const whole = arrange(
    graph,
    view,
    shape.map((_, i) => [i]),
  );
  const part = graph.node(
    "Slice",
    [whole, graph.ints([index]), graph.ints([index + 1]), graph.ints([0])],
    [1, ...shape.slice(1)],
  );
  const value = graph.reshape(part, shape.slice(1));
  return {
    value,
    scale: view.scale,
    dims: value.shape.map((size, axis) => (size === 1 ? [] : [{ size, axis, flip: false }])),
  };
}
