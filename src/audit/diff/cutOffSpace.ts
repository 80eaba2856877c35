import type { DistilledSet } from "../../data/DistilledSet.ts";
import { knownNormalisations, type Normalisation } from "../../data/Normalisation.ts";

/** Chosen: bfloat16, the coarsest float that sets are stored in, moves a bound by this part. */
const nearly = 2 ** -8;
/** Chosen: fewer values at a bound may lie there by chance. */
const fewest = 3;

/** Normalisations whose black and white a set may be cut off at: the published ones, and the ±1 of many programs. */
const candidates: readonly Extract<Normalisation, { kind: "meanStd" }>[] = [
  ...Object.values(knownNormalisations),
  ...[1, 3].map((channels) => {
    const half = Array<number>(channels).fill(0.5);
    return { kind: "meanStd" as const, name: "0.5/0.5", mean: half, std: half };
  }),
];

/**
 * The normalisation at whose black and white a set that does not say its own is cut off: in every channel several values lie at either
 * bound, and none beyond.
 */
export function cutOffSpace({ images, shape }: DistilledSet): Normalisation | undefined {
  const [, channels, height, width] = shape;
  const plane = height * width;
  const low = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);
  for (const [i, x] of images.entries()) {
    const c = Math.floor(i / plane) % channels;
    low[c] = Math.min(low[c], x);
    high[c] = Math.max(high[c], x);
  }
  const found = candidates.find(
    ({ mean, std }) =>
      mean.length === channels &&
      mean.every((m, c) => isNear(low[c], -m / std[c]) && isNear(high[c], (1 - m) / std[c])),
  );
  if (!found) return undefined;
  const [atLow, atHigh] = [new Uint32Array(channels), new Uint32Array(channels)];
  for (const [i, x] of images.entries()) {
    const c = Math.floor(i / plane) % channels;
    if (isNear(x, low[c])) atLow[c]++;
    if (isNear(x, high[c])) atHigh[c]++;
  }
  return [...atLow, ...atHigh].every((count) => count >= fewest) ? found : undefined;
}

function isNear(x: number, bound: number): boolean {
  return Math.abs(x - bound) <= nearly * Math.abs(bound);
}
