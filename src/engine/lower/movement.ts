import { type DType, type Graph, sizeOf, type Value } from "../graph.ts";
import { arrange, shapeOf, type View, viewOf } from "../view.ts";

/** The tensor with one physical axis per logical dimension, in order. */
export function physical(graph: Graph, view: View): Value {
  return arrange(
    graph,
    view,
    view.dims.map((_, i) => [i]),
  );
}

export function shrink(graph: Graph, x: View, slice: readonly (readonly [number, number])[]): View {
  const shape = shapeOf(x);
  const cut = slice.flatMap(([from, to], axis) => (from === 0 && to === shape[axis] ? [] : [{ axis, from, to }]));
  if (cut.length === 0) return x;
  const out = slice.map(([from, to]) => to - from);
  const spec = [cut.map((c) => c.from), cut.map((c) => c.to), cut.map((c) => c.axis)].map((v) => graph.ints(v));
  return viewOf(graph.node("Slice", [physical(graph, x), ...spec], out), x.scale);
}

/** Pad with zeros; negative widths cut. */
export function pad(graph: Graph, x: View, width: readonly (readonly [number, number])[]): View {
  const shape = shapeOf(x);
  const out = shape.map((d, i) => d + width[i][0] + width[i][1]);
  const pads = graph.ints([...width.map((w) => w[0]), ...width.map((w) => w[1])]);
  return viewOf(graph.node("Pad", [physical(graph, x), pads], out), x.scale);
}

export function concatenate(graph: Graph, xs: readonly View[], axis: number): View {
  const shape = [...shapeOf(xs[0])];
  shape[axis] = xs.reduce((n, x) => n + shapeOf(x)[axis], 0);
  const settled = xs.map((x) => withScale(graph, physical(graph, x), x.scale));
  return viewOf(graph.node("Concat", settled, shape, { attributes: { axis } }));
}

export function split(graph: Graph, x: View, axis: number, sizes: readonly number[]): View[] {
  const shape = shapeOf(x);
  let from = 0;
  return sizes.map((size) => {
    const slice = shape.map((d, i): [number, number] => (i === axis ? [from, from + size] : [0, d]));
    from += size;
    return shrink(graph, x, slice);
  });
}

const withScale = (graph: Graph, value: Value, scale: number): Value =>
  scale === 1 ? value : graph.node("Mul", [value, graph.scalar(scale)], value.shape);

const castNumbers: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

export function cast(graph: Graph, x: View, dtype: DType): View {
  if (x.value.dtype === dtype) return x;
  const value = withScale(graph, x.value, x.scale);
  const attributes = { to: castNumbers[dtype] };
  return { ...x, scale: 1, value: graph.node("Cast", [value], value.shape, { dtype, attributes }) };
}

/** Read `x` at integer positions along `axes`; the gathered dimensions stand at `outDim` of the result. */
export function gather(graph: Graph, x: View, indices: readonly View[], axes: readonly number[], outDim: number): View {
  const { data, rest, flat, indexShape } = indexed(graph, x, indices, axes);
  const value = graph.node("Gather", [data, flat], [sizeOf(indexShape), ...rest], { attributes: { axis: 0 } });
  return moveIndexDims(graph, value, indexShape, rest, outDim, x.scale);
}

/** Add `updates` into zeros of `shape` at integer positions: the transpose of `gather`. */
export function scatterAdd(
  graph: Graph,
  updates: View,
  indices: readonly View[],
  shape: readonly number[],
  axes: readonly number[],
  outDim: number,
): View {
  const rest = shape.filter((_, i) => !axes.includes(i));
  const along = axes.map((a) => shape[a]);
  const { flat, indexShape } = flatIndex(graph, indices, along);
  const dims = updates.dims.map((_, i) => i);
  const gathered = dims.slice(outDim, outDim + indexShape.length);
  const others = dims.filter((i) => !gathered.includes(i));
  const rows = arrange(graph, updates, [gathered, ...others.map((i) => [i])]);
  const zeros = graph.node("Expand", [graph.scalar(0), graph.ints([sizeOf(along), ...rest])], [sizeOf(along), ...rest]);
  // One index an element, row by row: the runtime adds them in order. Its ScatterND adds rows in parallel and loses sums
  // where an index occurs twice.
  const column = graph.reshape(flat, [sizeOf(indexShape), ...rest.map(() => 1)]);
  const at = graph.node("Expand", [column, graph.ints(rows.shape)], rows.shape);
  const summed = graph.node("ScatterElements", [zeros, at, rows], zeros.shape, {
    attributes: { axis: 0, reduction: "add" },
  });
  const whole = graph.reshape(summed, [...along, ...rest]);
  // `whole` holds the indexed axes first; say where each logical dimension lies.
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = shape.map((_, i) => (axes.includes(i) ? axes.indexOf(i) : axes.length + kept.indexOf(i)));
  const view = viewOf(whole, updates.scale);
  return { ...view, dims: order.map((axis) => view.dims[axis]) };
}

function indexed(graph: Graph, x: View, indices: readonly View[], axes: readonly number[]) {
  const shape = shapeOf(x);
  const others = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const rest = others.map((i) => shape[i]);
  const data = arrange(graph, x, [[...axes], ...others.map((i) => [i])]);
  return {
    data,
    rest,
    ...flatIndex(
      graph,
      indices,
      axes.map((a) => shape[a]),
    ),
  };
}

/** Several index tensors as one flat row-major index. */
function flatIndex(graph: Graph, indices: readonly View[], along: readonly number[]) {
  const shapes = indices.map(shapeOf);
  const rank = Math.max(...shapes.map((s) => s.length));
  const indexShape = Array.from({ length: rank }, (_, i) =>
    Math.max(...shapes.map((s) => s[i - rank + s.length] ?? 1)),
  );
  let flat: Value | undefined;
  indices.forEach((index, i) => {
    const value = graph.node(
      "Expand",
      [cast(graph, viewOf(physical(graph, index)), "int32").value, graph.ints(indexShape)],
      indexShape,
    );
    const stepped = flat && graph.node("Mul", [flat, graph.scalar(along[i], "int32")], indexShape);
    flat = stepped ? graph.node("Add", [stepped, value], indexShape) : value;
  });
  return { flat: graph.reshape(flat!, [sizeOf(indexShape)]), indexShape };
}

function moveIndexDims(
  graph: Graph,
  value: Value,
  indexShape: readonly number[],
  rest: readonly number[],
  outDim: number,
  scale: number,
): View {
  const view = viewOf(graph.reshape(value, [...indexShape, ...rest]), scale);
  const n = indexShape.length;
  const order = [...rest.keys()].map((i) => n + i);
  order.splice(outDim, 0, ...Array.from({ length: n }, (_, i) => i));
  return { ...view, dims: order.map((i) => view.dims[i]) };
}
