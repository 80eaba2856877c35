import { type Graph, sizeOf, type Value } from "../graph.ts";
import { arrange, type Factor, isReal, shapeOf, type View, viewOf } from "../view.ts";

/**
 * A tensor as a table of rows, one row a position, each a contiguous run over one dimension. Whatever the order, flips
 * and repetitions of the other dimensions in memory are, a gather of rows absorbs them.
 */
export interface RowTable {
  /** [rows, size of the row dimension]. */
  readonly value: Value;
  readonly rows: number;
  /** For every dimension but the row's: index → what it adds to the row number. */
  readonly offsets: readonly (readonly number[])[];
}

/** @param rowDim the logical dimension that a row runs over; made contiguous where it is not */
export function rowTable(graph: Graph, view: View, rowDim: number): RowTable {
  const lies = contiguousLast(view, rowDim) ? view : turned(graph, view, rowDim);
  const length = shapeOf(view)[rowDim];
  const rows = sizeOf(lies.value.shape) / length;
  const last = lies.dims[rowDim][0]?.axis ?? lies.value.shape.length;
  const stride = (axis: number) => sizeOf(lies.value.shape.slice(axis + 1, last));
  const offsets = lies.dims.map((fs, i) => (i === rowDim ? [0] : dimOffsets(fs, stride)));
  return { value: graph.reshape(lies.value, [rows, length]), rows, offsets };
}

/** True if a dimension is one unflipped factor at the end of the physical tensor. */
export function contiguousLast(view: View, dim: number): boolean {
  const fs = view.dims[dim];
  const shape = view.value.shape;
  if (fs.length === 0) return true;
  return fs.length === 1 && isReal(fs[0]) && !fs[0].flip && sizeOf(shape.slice(fs[0].axis + 1)) === 1;
}

function turned(graph: Graph, view: View, rowDim: number): View {
  const order = [...view.dims.keys()].filter((i) => i !== rowDim);
  order.push(rowDim);
  const value = arrange(
    graph,
    view,
    order.map((i) => [i]),
  );
  const physical = viewOf(value, view.scale);
  return { ...physical, dims: view.dims.map((_, i) => physical.dims[order.indexOf(i)]) };
}

function dimOffsets(fs: readonly Factor[], stride: (axis: number) => number): number[] {
  let offsets = [0];
  for (const f of fs) {
    const step = isReal(f) ? stride(f.axis) : 0;
    const digit = (i: number) => (f.flip ? f.size - 1 - i : i) * step;
    offsets = offsets.flatMap((o) => Array.from({ length: f.size }, (_, i) => o + digit(i)));
  }
  return offsets;
}

/** Rows of a table [rows, length] by number, −1 for a row of zeros: [index length, length]. */
export function gatherRows(graph: Graph, table: Value, index: Int32Array<ArrayBuffer>): Value {
  const [rows, length] = table.shape;
  if (index.length === rows && index.every((i, j) => i === j)) return table;
  let source = table;
  let at = index;
  if (index.includes(-1)) {
    source = graph.node("Pad", [table, graph.ints([0, 0, 1, 0])], [rows + 1, length]);
    at = index.map((i) => (i < 0 ? rows : i));
  }
  const indices = graph.constant(at, [at.length], "int32");
  return graph.node("Gather", [source, indices], [at.length, length], { attributes: { axis: 0 } });
}
