import { type Graph, sizeOf, type Value } from "../graph.ts";
import { arrange, type Factor, shapeOf, type View } from "../view.ts";
import { contiguousLast, gatherRows, rowTable } from "./rows.ts";

/** One way to contract a convolution: `x` is unfolded, `y` is not. */
export interface Contraction {
  /** [outer, contracted, …space]. */
  readonly x: View;
  /** [other, contracted, …space]. */
  readonly y: View;
  /** [result position, y position] → x position, or −1. */
  readonly index: Int32Array<ArrayBuffer>;
  /** Spatial shape of the result. */
  readonly out: readonly number[];
  readonly scale: number;
  /** True if `x` is the right operand of the convolution: the result is then [other, outer, …out]. */
  readonly swap: boolean;
}

/** Rows shorter than this many numbers are gathered the other way round: the copies would be all overhead. */
const SHORT_ROW = 8;

const space = (view: View): number[] => [...view.dims.keys()].slice(2);

/** Σ over contracted and taps of x[outer, contracted, index(p, tap)] · y[other, contracted, tap]: one matrix product. */
export function unfolded(graph: Graph, c: Contraction): View {
  const [outer, inner] = shapeOf(c.x);
  const other = shapeOf(c.y)[0];
  const p = sizeOf(c.out);
  const taps = c.index.length / p;
  // Contract over rows when the other dimension is the one that lies last in memory (weight gradients).
  const rows = !contiguousLast(c.x, 1) && (contiguousLast(c.x, 0) || inner >= outer * 4);
  const channel = rows ? outer : inner;
  if (channel <= SHORT_ROW && (rows ? inner : outer) > SHORT_ROW) return turned(graph, c, rows);
  if (rows) {
    const left = graph.reshape(unfold(graph, c.x, 0, transposed(c.index, p, taps), p), [taps * inner, p * outer]);
    const right = graph.reshape(arrange(graph, c.y, [space(c.y), [1], [0]]), [taps * inner, other]);
    const product = multiply(graph, left, right, [p * outer, other], c.scale, { transA: 1 });
    return placed(graph.reshape(product, [...c.out, outer, other]), c, { outer: -2, other: -1, out: 0 });
  }
  const left = graph.reshape(unfold(graph, c.x, 1, c.index, taps), [p * outer, taps * inner]);
  const right = graph.reshape(arrange(graph, c.y, [space(c.y), [1], [0]]), [taps * inner, other]);
  const product = multiply(graph, left, right, [p * outer, other], c.scale);
  return placed(graph.reshape(product, [...c.out, outer, other]), c, { outer: -2, other: -1, out: 0 });
}

/** [a, minor] position numbers → rows [a, the dimension of 0 and 1 that is not `rowDim`, minor] of the table of x. */
function unfold(graph: Graph, x: View, rowDim: number, index: Int32Array<ArrayBuffer>, minor: number): Value {
  const table = rowTable(graph, x, rowDim);
  const position = positions(table.offsets);
  const between = table.offsets[1 - rowDim];
  const major = index.length / minor;
  const at = new Int32Array(index.length * between.length);
  let next = 0;
  for (let a = 0; a < major; a++)
    for (const offset of between)
      for (let b = 0; b < minor; b++) {
        const q = index[a * minor + b];
        at[next++] = q < 0 ? -1 : offset + position[q];
      }
  return gatherRows(graph, table.value, at);
}

/** Few channels: the same with the positions' batch as rows, so that the matrix comes out transposed. */
function turned(graph: Graph, c: Contraction, rows: boolean): View {
  const [outer, inner] = shapeOf(c.x);
  const other = shapeOf(c.y)[0];
  const p = sizeOf(c.out);
  const taps = c.index.length / p;
  const [channelDim, batchDim] = rows ? [0, 1] : [1, 0];
  const [channels, batch] = rows ? [outer, inner] : [inner, outer];
  const batchLast = arrange(graph, c.x, [[channelDim], space(c.x), [batchDim]]);
  const table = graph.reshape(batchLast, [batchLast.shape[0] * batchLast.shape[1], batch]);
  const positions = batchLast.shape[1];
  // Columns of the unfolded matrix: taps of a forward pass, positions of the small result of a weight gradient.
  const order = rows ? c.index : transposed(c.index, p, taps);
  const columns = rows ? p : taps;
  const each = order.length / columns;
  const at = new Int32Array(columns * channels * each);
  for (let k = 0, next = 0; k < columns; k++)
    for (let ch = 0; ch < channels; ch++)
      for (let i = 0; i < each; i++) {
        const q = order[k * each + i];
        at[next++] = q < 0 ? -1 : ch * positions + q;
      }
  const matrix = graph.reshape(gatherRows(graph, table, at), [columns * channels, each * batch]);
  const y = arrange(graph, c.y, [space(c.y), [1], [0]]);
  if (rows) {
    const right = graph.reshape(y, [each * batch, other]);
    const product = multiply(graph, matrix, right, [p * outer, other], c.scale);
    return placed(graph.reshape(product, [...c.out, outer, other]), c, { outer: -2, other: -1, out: 0 });
  }
  const right = graph.reshape(y, [taps * inner, other]);
  const product = multiply(graph, matrix, right, [p * outer, other], c.scale, { transA: 1 });
  return placed(graph.reshape(product, [...c.out, outer, other]), c, { outer: -2, other: -1, out: 0 });
}

/** Products per tap first, shifted and summed after: cheaper where few channels come out of many. */
export function tapped(graph: Graph, c: Contraction): View {
  const [outer, inner] = shapeOf(c.x);
  const other = shapeOf(c.y)[0];
  const p = sizeOf(c.out);
  const taps = c.index.length / p;
  const x = arrange(graph, c.x, [space(c.x), [0], [1]]);
  const positions = x.shape[0];
  const right = graph.reshape(x, [positions * outer, inner]);
  const left = graph.reshape(arrange(graph, c.y, [space(c.y), [0], [1]]), [taps * other, inner]);
  const product = multiply(graph, left, right, [taps * other, positions * outer], c.scale, { transB: 1 });
  const table = graph.reshape(product, [taps * other * positions, outer]);
  const at = new Int32Array(taps * other * p);
  for (let t = 0, next = 0; t < taps; t++)
    for (let o = 0; o < other; o++)
      for (let i = 0; i < p; i++) {
        const q = c.index[i * taps + t];
        at[next++] = q < 0 ? -1 : (t * other + o) * positions + q;
      }
  const shifted = graph.reshape(gatherRows(graph, table, at), [taps, other * p * outer]);
  const summed = graph.node("ReduceSum", [shifted, graph.ints([0])], [other * p * outer], {
    attributes: { keepdims: 0 },
  });
  return placed(graph.reshape(summed, [other, ...c.out, outer]), c, { outer: -1, other: 0, out: 1 });
}

export function multiply(
  graph: Graph,
  left: Value,
  right: Value,
  shape: readonly number[],
  scale: number,
  turn: { transA?: 1; transB?: 1 } = {},
): Value {
  if (scale === 1 && !turn.transA && !turn.transB) return graph.node("MatMul", [left, right], shape);
  return graph.node("FusedMatMul", [left, right], shape, {
    domain: "com.microsoft",
    attributes: { ...turn, ...(scale === 1 ? {} : { alpha: { float: scale } }) },
  });
}

/** Spatial position → what it adds to the row number. */
export function positions(offsets: readonly (readonly number[])[]): number[] {
  return offsets.slice(2).reduce<number[]>((all, dim) => all.flatMap((a) => dim.map((b) => a + b)), [0]);
}

function transposed(index: Int32Array<ArrayBuffer>, p: number, taps: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(index.length);
  for (let t = 0, next = 0; t < taps; t++) for (let i = 0; i < p; i++) out[next++] = index[i * taps + t];
  return out;
}

/** The logical result [a, b, …out]; axes from the end where negative. */
function placed(value: Value, c: Contraction, at: { outer: number; other: number; out: number }): View {
  const rank = value.shape.length;
  const dim = (axis: number): Factor[] => {
    const real = axis < 0 ? rank + axis : axis;
    return value.shape[real] === 1 ? [] : [{ size: value.shape[real], axis: real, flip: false }];
  };
  const pair = [dim(at.outer), dim(at.other)];
  return { value, scale: 1, dims: [...(c.swap ? pair.reverse() : pair), ...c.out.map((_, i) => dim(at.out + i))] };
}
