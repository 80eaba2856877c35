import { knownNormalisations } from "../../data/Normalisation.ts";
import type { Pair } from "./alignSets.ts";
import { type Comparable, imageSize } from "./comparable.ts";

/** Per channel: first ≈ scale · second + offset. */
export interface ChannelMap {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
  /** The raw dataset whose published mean and deviation this is. */
  readonly name?: string;
}

/** Chosen: enough for five digits of a slope. */
const sampled = 40_000;

/**
 * Fit the map of each channel that takes the second set's values to the first's.
 *
 * Least squares, then refitted twice on the four fifths that fit best, so that a patch that was edited in does not
 * bend it. Black and white of the first set are left out where they are pixels: there values may have been cut off.
 *
 * @returns undefined unless the map explains at least half of what lies between the sets.
 */
export function fitNormalisation(
  first: Comparable,
  second: Comparable,
  pairs: readonly Pair[],
): ChannelMap | undefined {
  const [, c, h, w] = first.shape;
  const plane = h * w;
  const size = imageSize(first);
  const points = Array.from({ length: c }, (_, channel) => {
    const step = Math.max(1, Math.floor((pairs.length * plane) / sampled));
    const list: Point[] = [];
    for (let i = channel; i < pairs.length * plane; i += step) {
      const { a, b } = pairs[Math.floor(i / plane)];
      const at = channel * plane + (i % plane);
      list.push([second.values[b * size + at], first.values[a * size + at]]);
    }
    return list;
  });
  const inside = ([, y]: Point) => !first.pixels || (y > 0 && y < 1);
  const fits = points.map((list) => fitLine(list.filter(inside)));
  if (!fits.some((fit) => fit.rest < 0.5 * fit.identityRest)) return undefined;
  return published(
    { scale: fits.map((fit) => fit.scale), offset: fits.map((fit) => fit.offset) },
    points,
    first.pixels,
  );
}

type Point = readonly [x: number, y: number];

/** Chosen: noise and cut-off values leave a fit this much better than the truth. */
const nearlyAsGood = 1.15;

/** Take published means and deviations, applied or undone, where they explain the sets nearly as well as the fit. */
function published(fit: ChannelMap, points: readonly (readonly Point[])[], pixels: boolean): ChannelMap {
  const candidates = Object.entries(knownNormalisations).flatMap(([name, { mean, std }]): ChannelMap[] => [
    { scale: std, offset: mean, name },
    { scale: std.map((s) => 1 / s), offset: mean.map((m, i) => -m / std[i]), name },
  ]);
  const scored = candidates
    .filter((map) => map.scale.length === points.length)
    .map((map) => ({ map, error: errorOf(map, points, pixels) }))
    .sort((x, y) => x.error - y.error);
  const [best] = scored;
  return best && best.error <= nearlyAsGood * errorOf(fit, points, pixels) + 1e-6 ? best.map : fit;
}

/** Root mean square of what a map leaves, after cutting off at black and white where the values are pixels. */
function errorOf({ scale, offset }: ChannelMap, points: readonly (readonly Point[])[], pixels: boolean): number {
  let [sum, count] = [0, 0];
  for (const [channel, list] of points.entries())
    for (const [x, y] of list) {
      const value = scale[channel] * x + offset[channel];
      sum += ((pixels ? Math.min(1, Math.max(0, value)) : value) - y) ** 2;
      count++;
    }
  return Math.sqrt(sum / Math.max(1, count));
}

function fitLine(points: readonly Point[]) {
  let fit = { scale: 1, offset: 0 };
  let kept = points;
  for (let round = 0; round < 3; round++) {
    fit = leastSquares(kept);
    const { scale, offset } = fit;
    const errors = Float64Array.from(points, ([x, y]) => Math.abs(y - scale * x - offset));
    const largest = errors.slice().sort()[Math.ceil(points.length * 0.8) - 1];
    kept = points.filter((_, i) => errors[i] <= largest);
  }
  const rest = (scale: number, offset: number) =>
    Math.sqrt(kept.reduce((sum, [x, y]) => sum + (y - scale * x - offset) ** 2, 0) / Math.max(1, kept.length));
  return { ...fit, rest: rest(fit.scale, fit.offset), identityRest: rest(1, 0) };
}

function leastSquares(points: readonly Point[]): { scale: number; offset: number } {
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
