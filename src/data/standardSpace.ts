import type { DistilledSet } from "./DistilledSet.ts";
import type { Normalisation } from "./Normalisation.ts";
import { toPixels } from "./normalise.ts";

/**
 * The space in which an attack counts: one unit is one deviation of a pixel, zero its mean, each channel by itself.
 *
 * A normalisation by mean and deviation of the data is that space already. Pixels in [0, 1], in [−1, 1] or in 0 … 255 are at a scale that says
 * nothing of the data, and whitening has none for a pixel: there mean and deviation are those of the set's own pictures. So a
 * step, a penalty or a factor means the same for a set whichever way it is stored.
 *
 * @returns the normalisation of the set itself where it is such a space, or where nobody knows the way to pixels.
 */
export function standardSpace({ images, shape, normalisation }: DistilledSet): Normalisation {
  if (countsAlready(normalisation) || (normalisation.kind === "zca" && !normalisation.whitening)) return normalisation;
  const pixels = toPixels(images, shape, normalisation);
  const [m, channels, h, w] = shape;
  const [mean, std]: [number[], number[]] = [[], []];
  for (let c = 0; c < channels; c++) {
    const values = function* () {
      for (let i = 0; i < m; i++) yield* pixels.subarray((i * channels + c) * h * w, (i * channels + c + 1) * h * w);
    };
    const average = meanOf(values(), m * h * w);
    const variance = meanOf(squares(values(), average), m * h * w);
    mean.push(average);
    // A constant channel is only centred.
    std.push(Math.sqrt(variance) || 1);
  }
  return { kind: "meanStd", name: "measured", mean, std };
}

/** Whether a set of this normalisation is attacked as it stands. A whitened one is not, once its matrix is at hand. */
export const countsAlready = (normalisation: Normalisation): boolean =>
  normalisation.kind === "unknown" || (normalisation.kind === "meanStd" && !isScale(normalisation));

/** [0, 1] stretched to another range: from black at zero, or to [−1, 1]. */
const isScale = ({ mean, std }: Extract<Normalisation, { kind: "meanStd" }>): boolean =>
  mean.every((m, c) => m === 0 || (m === 0.5 && std[c] === 0.5));

function meanOf(values: Iterable<number>, n: number): number {
  let sum = 0;
  for (const v of values) sum += v;
  return sum / n;
}

function* squares(values: Iterable<number>, centre: number): Generator<number> {
  for (const v of values) yield (v - centre) ** 2;
}
