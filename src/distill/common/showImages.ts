import type { Augmentation } from "../../data/augment/Augmentation.ts";
import { augment } from "../../data/augment/augment.ts";
import { augmentAdjoint } from "../../data/augment/augmentAdjoint.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import type { Floats } from "../../nn/Network.ts";
import { decodeAdjoint, decodeImages } from "./multiFormation.ts";

/** How networks come to see synthetic images: numbers brought into their space, parts cut out and enlarged, operators one after the other. */
export interface Showing {
  /** Of the synthetic images. */
  readonly shape: ImageShape;
  /** f: an image holds f × f smaller ones. */
  readonly factor: number;
  readonly draws: readonly (Augmentation | undefined)[];
  /** What 0 and 1 are for networks, a channel, where images are pixels. */
  readonly pixels?: { readonly low: readonly number[]; readonly high: readonly number[] };
}

/** What networks see: [N, C, H, W] → [f²·N, C, H, W]. Affine, and cheap beside a network: done outside of programs. */
export function showImages(images: Floats, { shape, factor, draws, pixels }: Showing): Floats {
  const [n, c, h, w] = shape;
  const values = pixels
    ? images.map((x, i) => {
        const channel = Math.floor(i / (h * w)) % c;
        return pixels.low[channel] + x * (pixels.high[channel] - pixels.low[channel]);
      })
    : images;
  const seen = [n * factor ** 2, c, h, w] as const;
  return draws.reduce((x, draw) => (draw ? augment(x, seen, draw) : x), decodeImages(values, shape, factor));
}

/** Carry a derivative by what networks see back to the images: the transpose of the linear part of `showImages`. */
export function showAdjoint(gradient: Floats, { shape, factor, draws, pixels }: Showing): Floats {
  const [n, c, h, w] = shape;
  const seen = [n * factor ** 2, c, h, w] as const;
  const whole = draws.reduceRight((g, draw) => (draw ? augmentAdjoint(g, seen, draw) : g), gradient);
  const back = decodeAdjoint(whole, shape, factor);
  if (!pixels) return back;
  return back.map((g, i) => {
    const channel = Math.floor(i / (h * w)) % c;
    return g * (pixels.high[channel] - pixels.low[channel]);
  });
}
