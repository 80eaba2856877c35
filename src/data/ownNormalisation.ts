import type { LabelledSet } from "./LabelledSet.ts";
import { knownNormalisations, type Normalisation } from "./Normalisation.ts";

/** The normalisation that raw data are given where nobody says another: the field's for data of that name, otherwise measured. */
export function ownNormalisation(set: LabelledSet): Normalisation {
  const { name, shape } = set;
  const field = Object.hasOwn(knownNormalisations, name)
    ? knownNormalisations[name as keyof typeof knownNormalisations]
    : undefined;
  return field?.mean.length === shape[1] ? field : measured(set);
}

/** Mean and population deviation of each channel in pixel units, to four digits as the field writes them. */
function measured({ name, pixels, shape: [n, channels, h, w] }: LabelledSet): Normalisation {
  const [mean, std]: [number[], number[]] = [[], []];
  const four = (x: number) => Math.round(x * 10_000) / 10_000;
  for (let c = 0; c < channels; c++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      const start = (i * channels + c) * h * w;
      for (let p = start; p < start + h * w; p++) {
        sum += pixels[p];
        squares += pixels[p] * pixels[p];
      }
    }
    const average = sum / (n * h * w);
    mean.push(four(average / 255));
    // A constant channel is only centred.
    std.push(four(Math.sqrt(Math.max(0, squares / (n * h * w) - average ** 2)) / 255) || 1);
  }
  return { kind: "meanStd", name: `${name} (measured)`, mean, std };
}
