import type { ImageShape } from "../LabelledSet.ts";
import {
  type Augmentation,
  type DsaSettings,
  dsaSettings,
  numberOf,
  type SpatialAugmentation,
} from "./Augmentation.ts";
import { applyTaps } from "./applyTaps.ts";
import { tapsOf } from "./taps.ts";

/**
 * Apply an augmentation to a batch of images.
 *
 * @param images N·C·H·W numbers, in the space that networks are trained in.
 * @param augmentation undefined leaves everything as it is.
 * @param into memory to write to, new by default; not the images' own
 * @returns what was written there.
 */
export function augment(
  images: Float32Array<ArrayBuffer>,
  shape: ImageShape,
  augmentation: Augmentation | undefined,
  settings: DsaSettings = dsaSettings,
  into: Float32Array<ArrayBuffer> = new Float32Array(images.length),
): Float32Array<ArrayBuffer> {
  if (augmentation === undefined) into.set(images);
  else if (augmentation.operator === "color") colour(images, into, shape, augmentation, settings);
  else move(images, into, shape, augmentation, settings);
  return into;
}

/** What the colour operators of image i amount to: x + shift, then · saturation around grey, then · contrast around the mean. */
function colourFactors(
  { brightnessU, saturationU, contrastU }: Extract<Augmentation, { operator: "color" }>,
  i: number,
  settings: DsaSettings,
): readonly [shift: number, saturation: number, contrast: number] {
  return [
    (numberOf(brightnessU, i) - 0.5) * settings.brightness,
    numberOf(saturationU, i) * settings.saturation,
    numberOf(contrastU, i) + settings.contrast,
  ];
}

function colour(
  images: Float32Array,
  out: Float32Array,
  [n, channels, h, w]: ImageShape,
  draw: Extract<Augmentation, { operator: "color" }>,
  settings: DsaSettings,
): void {
  const area = h * w;
  for (let i = 0; i < n; i++) {
    const [shift, saturation, contrast] = colourFactors(draw, i, settings);
    const start = i * channels * area;
    let total = 0;
    for (let p = start; p < start + area; p++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += images[p + c * area];
      const grey = sum / channels;
      // The mean of an image is that of its grey values: saturation does not move it.
      total += grey;
      for (let c = 0; c < channels; c++) out[p + c * area] = (images[p + c * area] - grey) * saturation + grey;
    }
    const mean = total / area;
    for (let p = start; p < start + channels * area; p++) out[p] = (out[p] - mean) * contrast + mean + shift;
  }
}

function move(
  images: Float32Array,
  out: Float32Array,
  [n, channels, h, w]: ImageShape,
  draw: SpatialAugmentation,
  settings: DsaSettings,
): void {
  const shared = Object.values(draw).every((value) => typeof value === "string" || value.length === 1);
  const area = channels * h * w;
  if (shared) applyTaps(tapsOf(draw, 0, h, w, settings), images, out, 0, n * channels);
  else for (let i = 0; i < n; i++) applyTaps(tapsOf(draw, i, h, w, settings), images, out, i * area, channels);
}
