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
  if (index.length === rows && counts(index)) return table;
  const run = commonRun(rows, index);
  const long = [rows / run, run * length];
  let source = graph.reshape(table, long);
  if (index.includes(-1)) source = graph.node("Pad", [source, graph.ints([0, 0, 1, 0])], [long[0] + 1, long[1]]);
  const at = new Int32Array(index.length / run);
  for (let i = 0; i < at.length; i++) at[i] = index[i * run] < 0 ? long[0] : index[i * run] / run;
  const indices = graph.constant(at, [at.length], "int32");
  const gathered = graph.node("Gather", [source, indices], [at.length, long[1]], { attributes: { axis: 0 } });
  return graph.reshape(gathered, [index.length, length]);
}

/** True for 0, 1, 2, … */
function counts(index: Int32Array): boolean {
  for (let i = 0; i < index.length; i++) if (index[i] !== i) return false;
  return true;
}

/** The most neighbouring rows that are always gathered together, in order: one long copy instead of short ones. */
function commonRun(rows: number, index: Int32Array): number {
  let run = gcd(rows, index.length);
  for (let i = 0; i < index.length && run > 1; i++) {
    const [before, row] = [i === 0 ? -2 : index[i - 1], index[i]];
    if (row < 0 ? before === -1 : before >= 0 && row === before + 1) continue;
    run = gcd(run, i);
    if (row >= 0) run = gcd(run, row);
  }
  return run;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
