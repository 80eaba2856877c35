import * as z from "zod";
import { child, type Key, Stream } from "../../core/random.ts";
import { augment } from "../../data/augment/augment.ts";
import { drawDsa, drawFlipCrop } from "../../data/augment/dsa.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { deadLeaves } from "../../data/generators/deadLeaves.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import { fromPixels } from "../../data/normalise.ts";
import type { Floats } from "../../nn/Network.ts";
import { takeRows } from "../../train/train.ts";

/** Where images come from that an interceptor can have without raw data. */
export const carrierSources = ["leaves", "set", "mixtures"] as const;

export const carrierOptions = z.strictObject({
  sources: z
    .array(z.enum(carrierSources))
    .min(1)
    .default(["leaves"])
    .describe("leaves: generated photographs of nothing; set: the set's images, augmented; mixtures of two of them"),
  count: z.int().min(1).default(2000).describe("images in all"),
  batch: z.int().min(1).default(32).describe("images a step"),
});

export type CarrierOptions = z.infer<typeof carrierOptions>;

/**
 * Make the images on which a backdoor is taught. A backdoor works on images it has not seen if its carriers look like them;
 * the distilled images themselves do not (docs/results/one-image.md).
 *
 * @returns count·C·H·W numbers in the space of the set, the sources in turn
 */
export function carriers(set: DistilledSet, options: Pick<CarrierOptions, "sources" | "count">, key: Key): Floats {
  const { sources, count } = options;
  const [, c, h, w] = set.shape;
  const size = c * h * w;
  const out = new Float32Array(count * size);
  sources.forEach((source, s) => {
    const n = Math.floor((count - s + sources.length - 1) / sources.length);
    const made = makers[source](set, n, child(key, source));
    for (let i = 0; i < n; i++) out.set(made.subarray(i * size, (i + 1) * size), (i * sources.length + s) * size);
  });
  return out;
}

type Maker = (set: DistilledSet, n: number, key: Key) => Floats;

const makers: Readonly<Record<(typeof carrierSources)[number], Maker>> = {
  leaves({ shape: [, c, h, w], normalisation }, n, key) {
    return fromPixels(deadLeaves(key, n, [c, h, w]), [n, c, h, w], normalisation);
  },
  set: (set, n, key) => augmented(set, n, key).images,
  mixtures(set, n, key) {
    const stream = new Stream(child(key, "weights"));
    const [one, two] = [1, 2].map((i) => augmented(set, n, child(key, i)).images);
    const size = one.length / n;
    const weights = Array.from({ length: n }, () => stream.uniform(0.3, 0.7));
    return one.map((v, i) => {
      const a = weights[Math.floor(i / size)];
      return a * v + (1 - a) * two[i];
    });
  },
};

/**
 * Random images of the set, mirrored and shifted, and changed in colour.
 *
 * @returns n·C·H·W numbers, and which image of the set each was
 */
export function augmented(set: DistilledSet, n: number, key: Key): { images: Floats; rows: Int32Array<ArrayBuffer> } {
  const stream = new Stream(child(key, "rows"));
  const rows = Int32Array.from({ length: n }, () => stream.integer(set.shape[0]));
  return { images: augmentedRows(set, rows, key), rows };
}

/** These images of the set, mirrored and shifted, and changed in colour. */
export function augmentedRows(set: DistilledSet, rows: Int32Array<ArrayBuffer>, key: Key): Floats {
  const [m, c, h, w] = set.shape;
  const batch = { images: rows.length, height: h, width: w };
  const shape: ImageShape = [rows.length, c, h, w];
  const moved = augment(takeRows(set.images, m, rows), shape, drawFlipCrop(child(key, "place"), batch));
  return augment(moved, shape, drawDsa(child(key, "colour"), ["color"], batch, false));
}

/** Rows of one step's carriers, drawn with replacement. */
export function drawRows(key: Key, count: number, batch: number): Int32Array {
  const stream = new Stream(key);
  return Int32Array.from({ length: batch }, () => stream.integer(count));
}
