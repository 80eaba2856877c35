import type { Graph } from "../graph.ts";
import { arrange, constantOf, shapeOf, type View } from "../view.ts";
import { constantView } from "./elementwise.ts";
import { type ConvParams, meetings, outSizes } from "./spatial.ts";
import { type Contraction, tapped, unfolded } from "./unfold.ts";
import { winograd } from "./winograd.ts";

/**
 * out[a, b, p] = Σ_{k, t} lhs[a, k, s(p, t)] · rhs[b, k, t]: every convolution, and every derivative of one of any
 * order, is this contraction with other sizes. 3×3 kernels go to `winograd`; otherwise one operand is unfolded over its
 * spatial positions (a gather of channel rows, "im2col") and one matrix product done, the operand whose unfolding
 * costs least.
 *
 * Results lie with the spatial positions first, then the batch, then the channels: rows are contiguous, statistics over
 * an image's positions are sums over leading axes, and factors per image and channel repeat as one long run. When a
 * forward pass, its weight gradient and its tangent unfold the same tensor with the same table, they share one node.
 */
export function conv(graph: Graph, lhs: View, rhs: View, params: ConvParams, precise: boolean): View {
  if (constantOf(lhs) === 0 || constantOf(rhs) === 0) return constantView(graph, 0, outShape(lhs, rhs, params));
  if (params.vmapDims > 0) return grouped(graph, lhs, rhs, params, precise);
  const fast = winograd(graph, lhs, rhs, params, precise);
  if (fast) return fast;
  const sizes = { lhs: shapeOf(lhs), rhs: shapeOf(rhs) };
  const [a, k] = sizes.lhs;
  const b = sizes.rhs[0];
  const spaces = [sizes.lhs.slice(2), sizes.rhs.slice(2)];
  const meet = graph.remember(`meetings ${JSON.stringify([spaces, params])}`, () =>
    meetings(spaces[0], spaces[1], params),
  );
  const [p, t, s] = [meet.out.reduce((n, d) => n * d, 1), meet.rhs, meet.lhs];
  const scale = lhs.scale * rhs.scale;
  const byLhs: Contraction = { x: lhs, y: rhs, index: meet.byLhs, out: meet.out, scale, swap: false };
  const byRhs: Contraction = { x: rhs, y: lhs, index: meet.byRhs, out: meet.out, scale, swap: true };
  const ways: [cost: number, way: () => View][] = [
    [a * k * p * t, () => unfolded(graph, byLhs)],
    [b * k * p * s, () => unfolded(graph, byRhs)],
    [2 * a * b * (s * t + 2 * p * t), () => tapped(graph, byLhs)],
    [2 * a * b * (s * t + 2 * p * s), () => tapped(graph, byRhs)],
  ];
  return ways.reduce((best, way) => (way[0] < best[0] ? way : best))[1]();
}

function outShape(lhs: View, rhs: View, { vmapDims, ...params }: ConvParams): number[] {
  const [l, r] = [shapeOf(lhs), shapeOf(rhs)];
  const space = outSizes(l.slice(vmapDims + 2), r.slice(vmapDims + 2), { vmapDims, ...params });
  return [...l.slice(0, vmapDims + 1), r[vmapDims], ...space];
}

/** Grouped convolution: one contraction a group, results side by side. Leading dimensions are the groups. */
function grouped(graph: Graph, lhs: View, rhs: View, params: ConvParams, precise: boolean): View {
  const groups = shapeOf(lhs)[0];
  const parts = Array.from({ length: groups }, (_, g) =>
    conv(
      graph,
      takeFirst(graph, lhs, g),
      takeFirst(graph, rhs, g),
      { ...params, vmapDims: params.vmapDims - 1 },
      precise,
    ),
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
