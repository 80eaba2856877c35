import { type Graph, sizeOf, type Value } from "../graph.ts";
import { shapeOf, type View, viewOf } from "../view.ts";
import { physical } from "./movement.ts";

/**
 * Lay out every window of the trailing dimensions: x […, H, W] → […, outH, outW, windowH, windowW] (a strided view in
 * the tracer; here one gather of positions).
 */
export function pool(graph: Graph, x: View, window: readonly number[], strides: readonly number[]): View {
  const plan = windows(shapeOf(x), window, strides);
  const flat = graph.reshape(physical(graph, x), [plan.lead, plan.positions]);
  const index = graph.constant(plan.index, [plan.index.length], "int32");
  const value = graph.node("Gather", [flat, index], [plan.lead, plan.index.length], { attributes: { axis: 1 } });
  return viewOf(graph.reshape(value, plan.outShape), x.scale);
}

/** The transpose of `pool`: every position sums the windows it stands in. */
export function poolTranspose(
  graph: Graph,
  x: View,
  inShape: readonly number[],
  window: readonly number[],
  strides: readonly number[],
): View {
  const plan = windows(inShape, window, strides);
  const members: number[][] = Array.from({ length: plan.positions }, () => []);
  plan.index.forEach((position, slot) => {
    members[position].push(slot);
  });
  const most = Math.max(1, ...members.map((m) => m.length));
  const slots = plan.index.length;
  const table = Int32Array.from(
    { length: plan.positions * most },
    (_, i) => members[Math.floor(i / most)][i % most] ?? slots,
  );
  let flat: Value = graph.reshape(physical(graph, x), [plan.lead, slots]);
  if (table.includes(slots)) flat = graph.node("Pad", [flat, graph.ints([0, 0, 0, 1])], [plan.lead, slots + 1]);
  const index = graph.constant(table, [table.length], "int32");
  const gathered = graph.node("Gather", [flat, index], [plan.lead, table.length], { attributes: { axis: 1 } });
  const grouped = graph.reshape(gathered, [plan.lead, plan.positions, most]);
  const summed = graph.node("ReduceSum", [grouped, graph.ints([2])], [plan.lead, plan.positions], {
    attributes: { keepdims: 0 },
  });
  return viewOf(graph.reshape(summed, inShape), x.scale);
}

function windows(shape: readonly number[], window: readonly number[], strides: readonly number[]) {
  const n = window.length;
  const leadShape = shape.slice(0, shape.length - n);
  const space = shape.slice(shape.length - n);
  const out = space.map((size, d) => Math.floor((size - window[d]) / strides[d]) + 1);
  const digits = [...out, ...window];
  const index = Int32Array.from({ length: sizeOf(digits) }, (_, flat) => {
    let rest = flat;
    const at = new Array<number>(2 * n);
    for (let d = 2 * n - 1; d >= 0; d--) {
      at[d] = rest % digits[d];
      rest = Math.floor(rest / digits[d]);
    }
    return space.reduce((position, size, d) => position * size + at[d] * strides[d] + at[n + d], 0);
  });
  return { lead: sizeOf(leadShape), positions: sizeOf(space), index, outShape: [...leadShape, ...out, ...window] };
}
