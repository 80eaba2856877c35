import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";

/** Pixels at a place: a square, or with a mask whatever part of it, as strong as the mask says. */
export interface Patch {
  readonly top: number;
  readonly left: number;
  readonly side: number;
  /** C·side·side pixels in [0, 1]. */
  readonly values: Floats;
  /** How much of each pixel is the patch's, side·side numbers in [0, 1]; absent: all. */
  readonly mask?: Floats;
}

/** Cut a patch out of one image, clipped to what a picture can hold. */
export function cut(
  pixels: Floats,
  [, c, h, w]: ImageShape,
  image: number,
  top: number,
  left: number,
  side: number,
): Patch {
  const values = new Float32Array(c * side * side);
  for (let k = 0, at = 0; k < c; k++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++, at++)
        values[at] = Math.min(1, Math.max(0, pixels[((image * c + k) * h + y) * w + x]));
  return { top, left, side, values };
}

/** What an image has where a patch lies, by the patch's mask. */
export const cutLike = (pixels: Floats, shape: ImageShape, image: number, { top, left, side, mask }: Patch): Patch => ({
  ...cut(pixels, shape, image, top, left, side),
  ...(mask && { mask }),
});

/** Pictures with a patch pasted over each. */
export function pasted(pixels: Floats, shape: ImageShape, patch: Patch): Floats {
  const [, c, h, w] = shape;
  const out = pixels.slice();
  for (let i = 0; i < pixels.length; i += c * h * w) paste(out, i, shape, patch);
  return out;
}

/** Paste a patch over the picture that starts at `from`. */
export function paste(pictures: Floats, from: number, [, c, h, w]: ImageShape, patch: Patch): void {
  const { top, left, side, values, mask } = patch;
  for (let k = 0, at = 0; k < c; k++)
    for (let y = 0; y < side; y++) {
      const row = from + (k * h + top + y) * w + left;
      for (let x = 0; x < side; x++, at++) {
        const share = mask ? mask[y * side + x] : 1;
        pictures[row + x] = share === 1 ? values[at] : (1 - share) * pictures[row + x] + share * values[at];
      }
    }
}

/** Places of a patch: `count` × `count` of them, evenly spread, the edges among them. */
export function places([, , h, w]: ImageShape, side: number, count: number): [top: number, left: number][] {
  const along = (length: number) => [
    ...new Set(Array.from({ length: count }, (_, i) => Math.round((i * (length - side)) / Math.max(1, count - 1)))),
  ];
  return along(h).flatMap((top) => along(w).map((left): [number, number] => [top, left]));
}
