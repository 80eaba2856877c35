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
  const worth = run * length < SHORT_COPY && index.length >= 2 * rows;
  const blocks = worth ? shiftedBlocks(rows, index) : undefined;
  if (blocks && blocks.size > run) return gatherShifted(graph, table, blocks);
  const long = [rows / run, run * length];
  let source = graph.reshape(table, long);
  if (index.includes(-1)) source = graph.node("Pad", [source, graph.ints([0, 0, 1, 0])], [long[0] + 1, long[1]]);
  const at = new Int32Array(index.length / run);
  for (let i = 0; i < at.length; i++) at[i] = index[i * run] < 0 ? long[0] : index[i * run] / run;
  const indices = graph.constant(at, [at.length], "int32");
  const gathered = graph.node("Gather", [source, indices], [at.length, long[1]], { attributes: { axis: 0 } });
  return graph.reshape(gathered, [index.length, length]);
}

/** Copies of fewer numbers are mostly overhead. */
const SHORT_COPY = 128;

/** An index made of blocks, each of neighbouring rows of one stretch of the table moved by a few places, zeros where they left it. */
interface ShiftedBlocks {
  /** Rows of a block, and of a stretch. */
  readonly size: number;
  readonly shifts: readonly number[];
  /** Of each block: its stretch, −1 if all its rows are zeros; and which of the shifts. */
  readonly stretch: Int32Array<ArrayBuffer>;
  readonly shift: Int32Array<ArrayBuffer>;
}

/** Most shifts whose copies of the table are worth making: those of a kernel's row. */
const MOST_SHIFTS = 7;

/** Rows of an image as a kernel's taps read them: the longest blocks that `index` is made of. */
function shiftedBlocks(rows: number, index: Int32Array): ShiftedBlocks | undefined {
  const most = gcd(rows, index.length);
  for (let size = most; size > 1; size--) {
    const found = most % size === 0 && blocksOf(size, index);
    if (found) return found;
  }
  return undefined;
}

function blocksOf(size: number, index: Int32Array): ShiftedBlocks | undefined {
  const shifts: number[] = [];
  const count = index.length / size;
  const [stretch, shift] = [new Int32Array(count).fill(-1), new Int32Array(count)];
  for (let b = 0; b < count; b++) {
    const block = index.subarray(b * size, (b + 1) * size);
    const first = block.findIndex((row) => row >= 0);
    if (first < 0) continue;
    const own = Math.floor(block[first] / size);
    const by = block[first] - own * size - first;
    for (let i = 0; i < size; i++) {
      const inside = i + by >= 0 && i + by < size;
      if (block[i] !== (inside ? own * size + i + by : -1)) return undefined;
    }
    if (!shifts.includes(by) && shifts.push(by) > MOST_SHIFTS) return undefined;
    stretch[b] = own;
    shift[b] = shifts.indexOf(by);
  }
  return { size, shifts, stretch, shift };
}

/** One copy of the table for each shift, then whole stretches of them. */
function gatherShifted(graph: Graph, table: Value, { size, shifts, stretch, shift }: ShiftedBlocks): Value {
  const [rows, length] = table.shape;
  const [stretches, wide] = [rows / size, size * length];
  const whole = graph.reshape(table, [stretches, wide]);
  const copies = shifts.map((by, i) => {
    const zeros = i === shifts.length - 1 ? 1 : 0;
    if (by === 0 && zeros === 0) return whole;
    const pads = graph.ints([0, -by * length, zeros, by * length]);
    return graph.node("Pad", [whole, pads], [stretches + zeros, wide]);
  });
  const all = shifts.length * stretches;
  const source =
    copies.length === 1 ? copies[0] : graph.node("Concat", copies, [all + 1, wide], { attributes: { axis: 0 } });
  const at = stretch.map((own, b) => (own < 0 ? all : shift[b] * stretches + own));
  const indices = graph.constant(at, [at.length], "int32");
  const gathered = graph.node("Gather", [source, indices], [at.length, wide], { attributes: { axis: 0 } });
  return graph.reshape(gathered, [at.length * size, length]);
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
