import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { distilledFromPixels } from "../../../src/data/eightBit.ts";
import type { ImageShape } from "../../../src/data/LabelledSet.ts";
import { knownNormalisations, type Normalisation } from "../../../src/data/Normalisation.ts";
import { fromPixels, normalisationNamed, toPixels } from "../../../src/data/normalise.ts";
import { fileSource } from "../../../src/disk/fileSource.ts";
import { jpegDecoder } from "../../../src/disk/jpegDecoder.ts";
import type { ReadOptions } from "../../../src/formats/Format.ts";
import { openSet } from "../../../src/formats/open.ts";

/** Numbers whose normalisation is known. */
export interface NormalisationCase {
  readonly set: string;
  /** Name of the right guess. */
  readonly truth: string;
  /** As the authors published it, not re-saved by us. */
  readonly published: boolean;
  readonly images: Float32Array<ArrayBuffer>;
  readonly shape: ImageShape;
  readonly classes: number;
}

interface Original {
  readonly path: string;
  readonly truth: string;
  readonly options?: ReadOptions;
  /** Only the first images of a large raw set. */
  readonly first?: number;
}

/** Every set among the real files, and what is known about it: file names and papers say so. */
function originals(data: string, cifar: string | undefined): Original[] {
  const under = (folder: string, ending: RegExp) =>
    readdirSync(join(data, folder))
      .filter((name) => ending.test(name))
      .map((name) => join(data, folder, name));
  const dc = under("distilled/Distill-Generalization", /\.pt$/);
  const grids = [
    ...under("distilled/Distill-Generalization", /\.png$/),
    ...under("distilled/dc_benchmark-pictures", /\.png$/),
  ];
  const ranking = join(data, "distilled/DD-Ranking");
  const raw = [
    { path: join(data, "mnist"), first: 100 },
    { path: join(data, "mnist"), first: 1000 },
    { path: join(data, "fashion-mnist"), first: 100 },
    { path: join(data, "fashion-mnist"), first: 1000 },
    { path: join(data, "formats/images/cifar10-jpeg") },
    { path: join(data, "tiny-imagenet-200/tiny-imagenet-200-10classes.tar.gz"), first: 500 },
    ...(cifar && existsSync(cifar)
      ? [
          { path: cifar, first: 100 },
          { path: cifar, first: 1000 },
        ]
      : []),
  ];
  return [
    ...dc.map((path) => ({ path, truth: path.includes("MNIST") ? "mnist" : "cifar-10" })),
    { path: join(ranking, "DATM/CIFAR10_ZCA/IPC10"), truth: "zca" },
    { path: join(ranking, "DC-DSA-DM/images_DC_CIFAR10_1_best.pt"), truth: "cifar-10", options: { ipc: 1 } },
    ...grids.map((path) => ({ path, truth: "unit" })),
    // The test halves: fewer images to unpack, and as good.
    ...raw.map((set) => ({ ...set, truth: "unit", options: { split: "test" as const } })),
  ];
}

/** Each set as it is, then re-saved as unit, 8-bit, standardised by itself, and under each known mean/std with its number of channels. */
export async function* normalisationCases(data: string, cifar?: string): AsyncGenerator<NormalisationCase> {
  const jpeg = await jpegDecoder();
  for (const { path, truth, options, first } of originals(data, cifar)) {
    const { set: opened } = await openSet(await fileSource(path), { jpeg, ...options });
    if (!opened) throw new Error(`no set in ${path}`);
    const whole = opened.kind === "labelled" ? distilledFromPixels(opened) : opened;
    const n = Math.min(first ?? Number.POSITIVE_INFINITY, whole.shape[0]);
    const [, c, h, w] = whole.shape;
    const shape: ImageShape = [n, c, h, w];
    const images = whole.images.slice(0, n * c * h * w);
    const base = { set: `${path.slice(data.length + 1)}${first ? ` (${n})` : ""}`, shape, classes: whole.classes };
    yield { ...base, truth, published: true, images };
    if (truth === "zca") continue;
    const pixels = toPixels(images, shape, normalisationNamed(truth, "test"));
    const again = { ...base, published: false };
    if (truth !== "unit") yield { ...again, truth: "unit", images: pixels };
    yield { ...again, truth: "8-bit", images: pixels.map((x) => 255 * x) };
    yield { ...again, truth: "per-set", images: fromPixels(pixels, shape, ownStatistics(pixels, shape)) };
    for (const [name, known] of Object.entries(knownNormalisations))
      if (known.mean.length === c && name !== truth)
        yield { ...again, truth: name, images: fromPixels(pixels, shape, known) };
  }
}

/** Mean and deviation of each channel of these very pixels. */
export function ownStatistics(pixels: Float32Array, [n, c, h, w]: ImageShape): Normalisation {
  const [mean, square] = [new Array<number>(c).fill(0), new Array<number>(c).fill(0)];
  const count = n * h * w;
  const channel = (i: number) => Math.floor(i / (h * w)) % c;
  for (let i = 0; i < pixels.length; i++) mean[channel(i)] += pixels[i] / count;
  for (let i = 0; i < pixels.length; i++) square[channel(i)] += (pixels[i] - mean[channel(i)]) ** 2 / count;
  return { kind: "meanStd", mean, std: square.map(Math.sqrt) };
}
