import type { Pair } from "./alignSets.ts";
import { type Comparable, imageSize } from "./comparable.ts";

/** Per channel: first ≈ scale · second + offset. */
export interface ChannelMap {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
  /** Root mean square of what the map leaves, over that of the first set's deviation from its mean: 0 = explains all. */
  readonly residual: number;
}

/** Chosen: enough for five digits of a slope. */
const sampled = 40_000;

/**
 * Fit the map of each channel that takes the second set's values to the first's.
 *
 * Least squares, then refitted twice on the four fifths that fit best, so that a patch that was edited in does not
 * bend it.
 */
export function fitNormalisation(first: Comparable, second: Comparable, pairs: readonly Pair[]): ChannelMap {
  const [, c, h, w] = first.shape;
  const plane = h * w;
  const size = imageSize(first);
  const fits = Array.from({ length: c }, (_, channel) => {
    const step = Math.max(1, Math.floor((pairs.length * plane) / sampled));
    const points: [number, number][] = [];
    for (let i = channel; i < pairs.length * plane; i += step) {
      const { a, b } = pairs[Math.floor(i / plane)];
      const at = channel * plane + (i % plane);
      points.push([second.values[b * size + at], first.values[a * size + at]]);
    }
    return fitLine(points);
  });
  return {
    scale: fits.map((fit) => fit.scale),
    offset: fits.map((fit) => fit.offset),
    residual: Math.max(0, ...fits.map((fit) => fit.residual)),
  };
}

function fitLine(points: readonly [number, number][]): { scale: number; offset: number; residual: number } {
  let fit = { scale: 1, offset: 0 };
  let kept = points;
  for (let round = 0; round < 3; round++) {
    fit = leastSquares(kept);
    const sorted = points
      .map((point) => ({ point, error: Math.abs(point[1] - fit.scale * point[0] - fit.offset) }))
      .sort((x, y) => x.error - y.error);
    kept = sorted.slice(0, Math.ceil(sorted.length * 0.8)).map(({ point }) => point);
  }
  const mean = kept.reduce((sum, [, y]) => sum + y, 0) / kept.length;
  const spread = Math.sqrt(kept.reduce((sum, [, y]) => sum + (y - mean) ** 2, 0) / kept.length);
  const rest = Math.sqrt(kept.reduce((sum, [x, y]) => sum + (y - fit.scale * x - fit.offset) ** 2, 0) / kept.length);
  return { ...fit, residual: spread > 0 ? rest / spread : rest };
}

function leastSquares(points: readonly [number, number][]): { scale: number; offset: number } {
  let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
  for (const [x, y] of points) {
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const n = points.length;
  const variance = sxx - (sx * sx) / n;
  const scale = variance > 1e-12 * Math.max(1, sxx) ? (sxy - (sx * sy) / n) / variance : 1;
  return { scale, offset: n > 0 ? (sy - scale * sx) / n : 0 };
}

/** Is this map the identity, as far as 8-bit values could tell? */
export function isIdentity({ scale, offset }: ChannelMap): boolean {
  return scale.every((s) => Math.abs(s - 1) < 0.004) && offset.every((t) => Math.abs(t) < 0.002);
}

/** The second set's values as the map takes them into the first's space. */
export function mapValues(set: Comparable, { scale, offset }: ChannelMap): Comparable {
  const [, c, h, w] = set.shape;
  const plane = h * w;
  const values = set.values.map((x, i) => {
    const channel = Math.floor(i / plane) % c;
    return scale[channel] * x + offset[channel];
  });
  return { ...set, values };
}
