import { type Graph, type Shape, sizeOf, type Value } from "./graph.ts";

/**
 * How a logical tensor lies in a physical one, so that transpose, broadcast, flip, reshape and multiplication by a
 * number cost nothing until an operator needs its operands in a certain order.
 *
 * A logical dimension is a list of factors, major to minor. A factor is one physical axis, or a repetition (axis −1).
 * Every physical axis longer than 1 belongs to exactly one factor. The logical value is `scale` times the physical one.
 */
export interface View {
  readonly value: Value;
  readonly dims: readonly (readonly Factor[])[];
  readonly scale: number;
}

export interface Factor {
  readonly size: number;
  /** Physical axis, or −1 for a repetition. */
  readonly axis: number;
  /** Read backwards along this axis. */
  readonly flip: boolean;
}

export const isReal = (f: Factor): boolean => f.axis >= 0;
const factorsSize = (fs: readonly Factor[]): number => fs.reduce((n, f) => n * f.size, 1);

export const shapeOf = (view: View): number[] => view.dims.map(factorsSize);

/** The physical tensor as its own logical tensor. */
export function viewOf(value: Value, scale = 1): View {
  return { value, scale, dims: value.shape.map((size, axis) => (size === 1 ? [] : [{ size, axis, flip: false }])) };
}

/** The number, if every element is one and the same known number. */
export function constantOf(view: View): number | undefined {
  return view.value.scalar === undefined ? undefined : view.value.scalar * view.scale;
}

export function transposeView(view: View, perm: readonly number[]): View {
  return { ...view, dims: perm.map((i) => view.dims[i]) };
}

export function flipView(view: View, axes: readonly number[]): View {
  const turned = (fs: readonly Factor[]) => fs.map((f) => ({ ...f, flip: isReal(f) && !f.flip }));
  return { ...view, dims: view.dims.map((fs, i) => (axes.includes(i) ? turned(fs) : fs)) };
}

/** Insert repeated dimensions at `axes` of the result and repeat dimensions of length 1 to reach `shape`. */
export function broadcastView(view: View, shape: Shape, axes: readonly number[]): View {
  let from = 0;
  const dims = shape.map((size, i) => {
    const old = axes.includes(i) ? [] : view.dims[from++];
    return factorsSize(old) === size ? old : repeat(size);
  });
  return { ...view, dims };
}

/** NumPy's rule: align shapes at the end, repeat what is 1. */
export function broadcastTo(view: View, shape: Shape): View {
  const missing = shape.length - view.dims.length;
  return broadcastView(
    view,
    shape,
    Array.from({ length: missing }, (_, i) => i),
  );
}

const repeat = (size: number): Factor[] => (size === 1 ? [] : [{ size, axis: -1, flip: false }]);

/**
 * Split factors so that every dimension is cut at the given suffix products (ascending, from 1 to its size).
 * Returns undefined where a cut does not divide a factor.
 */
export function refine(graph: Graph, view: View, cuts: readonly (readonly number[])[]): View | undefined {
  const parts = new Map<Factor, number[]>();
  for (let i = 0; i < view.dims.length; i++) {
    let low = 1;
    for (const factor of [...view.dims[i]].reverse()) {
      const high = low * factor.size;
      const inside = [low, ...cuts[i].filter((c) => c > low && c < high), high];
      const sizes: number[] = [];
      for (let j = 1; j < inside.length; j++) {
        if (inside[j] % inside[j - 1] !== 0) return undefined;
        sizes.unshift(inside[j] / inside[j - 1]);
      }
      parts.set(factor, sizes);
      low = high;
    }
  }
  return split(graph, view, parts);
}

function split(graph: Graph, view: View, parts: ReadonlyMap<Factor, readonly number[]>): View {
  const byAxis = new Map<number, readonly number[]>();
  for (const [f, sizes] of parts) if (isReal(f)) byAxis.set(f.axis, sizes);
  const shape: number[] = [];
  const start: number[] = [];
  view.value.shape.forEach((size, axis) => {
    start.push(shape.length);
    shape.push(...(byAxis.get(axis) ?? [size]));
  });
  const dims = view.dims.map((fs) =>
    fs.flatMap((f) =>
      (parts.get(f) ?? [f.size]).map((size, j) => ({ size, flip: f.flip, axis: isReal(f) ? start[f.axis] + j : -1 })),
    ),
  );
  return { value: graph.reshape(view.value, shape), dims, scale: view.scale };
}

/** Logical reshape: free wherever the new dimensions are groups or divisors of the old factors. */
export function reshapeView(graph: Graph, view: View, shape: Shape): View {
  const flat: View = { ...view, dims: [view.dims.flat()] };
  const cuts: number[] = [];
  let product = 1;
  for (const size of [...shape].reverse()) {
    product *= size;
    cuts.push(product);
  }
  const refined = refine(graph, flat, [cuts]);
  if (!refined) {
    const whole = arrange(graph, view, [view.dims.map((_, i) => i)]);
    return viewOf(graph.reshape(whole, shape), view.scale);
  }
  const factors = [...refined.dims[0]];
  const dims = shape.map((size) => {
    const taken: Factor[] = [];
    while (factorsSize(taken) < size) taken.push(factors.shift()!);
    return taken;
  });
  return { ...refined, dims };
}

/**
 * Make the tensor physical with one axis per group of logical dimensions, in that order. Does nothing where it already
 * lies so; otherwise reverses, transposes and repeats. `scale` is left to the caller.
 *
 * With `keepRepeated` false, a group that only repeats becomes an axis of length 1.
 */
export function arrange(
  graph: Graph,
  view: View,
  groups: readonly (readonly number[])[],
  keepRepeated: readonly boolean[] = groups.map(() => true),
): Value {
  const wanted = groups.map((g) => g.flatMap((i) => view.dims[i]));
  const order = wanted.flat().filter(isReal);
  let value = reverse(graph, view.value, order);
  value = permute(graph, value, order);
  const expanded = wanted.flatMap((fs, g) =>
    fs.map((f) => ({ from: isReal(f) ? f.size : 1, to: isReal(f) || keepRepeated[g] ? f.size : 1 })),
  );
  if (expanded.some((e) => e.from !== e.to)) {
    const shape = expanded.map((e) => e.to);
    value = graph.reshape(
      value,
      expanded.map((e) => e.from),
    );
    value = graph.node("Expand", [value, graph.ints(shape)], shape);
  }
  const shape = wanted.map((fs, g) => fs.reduce((n, f) => n * (isReal(f) || keepRepeated[g] ? f.size : 1), 1));
  return graph.reshape(value, shape);
}

/** Undo the flips of these factors. */
function reverse(graph: Graph, value: Value, factors: readonly Factor[]): Value {
  const axes = factors.filter((f) => isReal(f) && f.flip).map((f) => f.axis);
  if (axes.length === 0) return value;
  const all = (n: number) => graph.ints(axes.map(() => n));
  // Slice from the last element to before the first, step −1.
  return graph.node("Slice", [value, all(-1), all(-(2 ** 31)), graph.ints(axes), all(-1)], value.shape);
}

/** The same logical tensor, no dimension of which is read backwards. */
export function unflipped(graph: Graph, view: View): View {
  const value = reverse(graph, view.value, view.dims.flat());
  if (value === view.value) return view;
  return { ...view, value, dims: view.dims.map((fs) => fs.map((f) => ({ ...f, flip: false }))) };
}

/** Bring the physical axes of these factors (all that are longer than 1) into this order. */
export function permute(graph: Graph, value: Value, factors: readonly Factor[]): Value {
  if (factors.every((f, i) => i === 0 || factors[i - 1].axis < f.axis)) return value;
  // Axes that stay neighbours move as one: fewer, longer runs to copy.
  const rank = new Map([...factors].sort((a, b) => a.axis - b.axis).map((f, i) => [f.axis, i]));
  const groups: number[][] = [];
  for (const f of factors) {
    const r = rank.get(f.axis)!;
    const last = groups.at(-1);
    if (last && last.at(-1) === r - 1) last.push(r);
    else groups.push([r]);
  }
  const sizes = [...factors].sort((a, b) => a.axis - b.axis).map((f) => f.size);
  const sorted = [...groups].sort((a, b) => a[0] - b[0]);
  const merged = graph.reshape(
    value,
    sorted.map((g) => sizeOf(g.map((r) => sizes[r]))),
  );
  const perm = groups.map((g) => sorted.indexOf(g));
  return graph.node(
    "Transpose",
    [merged],
    perm.map((i) => merged.shape[i]),
    { attributes: { perm } },
  );
}

export interface Aligned {
  readonly values: readonly Value[];
  /** Physical shape of the result. */
  readonly shape: readonly number[];
  readonly dims: readonly (readonly Factor[])[];
}

/**
 * Bring operands of an elementwise operator into one physical order, that of the largest, with length-1 axes where an
 * operand only repeats. Dimensions that every operand repeats stay repeated in the result, uncomputed.
 */
export function align(graph: Graph, operands: readonly View[]): Aligned {
  const rank = Math.max(...operands.map((v) => v.dims.length));
  const shape = Array.from({ length: rank }, (_, i) =>
    Math.max(...operands.map((v) => factorsSize(v.dims[i - rank + v.dims.length] ?? []))),
  );
  const views = commonFactors(
    graph,
    operands.map((v) => broadcastTo(v, shape)),
    shape,
  );
  const reference = views.reduce((best, v) => (sizeOf(v.value.shape) > sizeOf(best.value.shape) ? v : best));

  const slots = reference.dims.flatMap((fs, dim) => fs.map((_, part) => ({ dim, part })));
  const factor = (v: View, s: { dim: number; part: number }) => v.dims[s.dim][s.part];
  const order = slots
    .filter((s) => isReal(factor(reference, s)))
    .sort((a, b) => factor(reference, a).axis - factor(reference, b).axis);
  slots.forEach((slot, i) => {
    if (order.includes(slot) || !views.some((v) => isReal(factor(v, slot)))) return;
    const before = slots
      .slice(0, i)
      .reverse()
      .find((s) => order.includes(s));
    order.splice(before ? order.indexOf(before) + 1 : 0, 0, slot);
  });
  const flips = order.map((s) => [reference, ...views].map((v) => factor(v, s)).find(isReal)!.flip);

  const values = views.map((v) => {
    const real = order.map((s) => factor(v, s));
    const turned = real.map((f, i) => ({ ...f, flip: isReal(f) && f.flip !== flips[i] }));
    const value = permute(graph, reverse(graph, v.value, turned), real.filter(isReal));
    return graph.reshape(
      value,
      real.map((f) => (isReal(f) ? f.size : 1)),
    );
  });
  const dims = reference.dims.map((fs, dim) =>
    fs.map((f, part) => {
      const axis = order.findIndex((s) => s.dim === dim && s.part === part);
      return { size: f.size, axis, flip: axis >= 0 && flips[axis] };
    }),
  );
  return { values, shape: order.map((s) => factor(reference, s).size), dims };
}

/** Cut every dimension of every view at the same places; a view whose factors do not fit is made physical first. */
export function commonFactors(graph: Graph, views: readonly View[], shape: readonly number[]): View[] {
  const cutsOf = (v: View, i: number) => {
    let product = 1;
    return [...v.dims[i]].reverse().map((f) => {
      product *= f.size;
      return product;
    });
  };
  const cuts = shape.map((_, i) => [...new Set(views.flatMap((v) => cutsOf(v, i)))].sort((a, b) => a - b));
  const fits = cuts.every((c) => c.every((x, i) => i === 0 || x % c[i - 1] === 0));
  if (fits) return views.map((v) => refine(graph, v, cuts)!);
  return views.map((v) => (v.dims.every((fs) => fs.length <= 1) ? v : whole(graph, v)));
}

/** One physical axis a dimension; dimensions that only repeat go on repeating. */
function whole(graph: Graph, view: View): View {
  const real = view.dims.map((fs) => fs.some(isReal));
  const axes = view.dims.map((_, i) => i).filter((i) => real[i]);
  const value = arrange(
    graph,
    view,
    axes.map((i) => [i]),
  );
  const shape = shapeOf(view);
  const dims = shape.map((size, i) => (real[i] ? [{ size, axis: axes.indexOf(i), flip: false }] : repeat(size)));
  return { value, dims, scale: view.scale };
}
