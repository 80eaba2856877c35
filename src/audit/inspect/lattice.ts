import type { ImageShape } from "../../data/LabelledSet.ts";

/** Values of a channel lie on an even grid: 8-bit pixels after some x ↦ (x − mean) / std. */
export interface Lattice {
  /** Distance of neighbouring grey levels in stored numbers: 1 / (255 · std). */
  readonly step: number;
  /** Smallest stored value, and how many steps the largest lies above it. */
  readonly lowest: number;
  readonly levels: number;
}

const most = 256;
/** Fewer different values say nothing about a grid. */
const least = 12;

/**
 * Find the grid that 8-bit pictures leave in a channel after any mean/std normalisation: at most 256 different values at
 * equal distances.
 *
 * @returns undefined if there are more values, too few, or distances that no grid explains within float32 rounding.
 */
export function findLattice(images: Float32Array, [n, c, h, w]: ImageShape, channel: number): Lattice | undefined {
  const seen = new Set<number>();
  for (let image = 0; image < n; image++) {
    const start = (image * c + channel) * h * w;
    for (let i = start; i < start + h * w; i++) seen.add(images[i]);
    if (seen.size > most) return undefined;
  }
  const values = [...seen].sort((a, b) => a - b);
  if (values.length < least || !values.every(Number.isFinite)) return undefined;
  const span = values[values.length - 1] - values[0];
  let smallest = Infinity;
  for (let i = 1; i < values.length; i++) smallest = Math.min(smallest, values[i] - values[i - 1]);
  // The smallest distance is one step only if neighbouring levels occur; refine it over the whole span.
  const levels = Math.round(span / smallest);
  if (levels > most - 1) return undefined;
  const step = span / levels;
  const tolerance = Math.max(1e-3, (4e-7 * Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]))) / step);
  for (const value of values) {
    const place = (value - values[0]) / step;
    if (Math.abs(place - Math.round(place)) > tolerance) return undefined;
  }
  return { step, lowest: values[0], levels };
}
