import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";

/** A square of pixels at a place. */
export interface Patch {
  readonly top: number;
  readonly left: number;
  readonly side: number;
  /** C·side·side pixels in [0, 1]. */
  readonly values: Floats;
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

/** Pictures with a patch pasted over each. */
export function pasted(pixels: Floats, [, c, h, w]: ImageShape, patch: Patch): Floats {
  const out = pixels.slice();
  const { top, left, side, values } = patch;
  const n = pixels.length / (c * h * w);
  for (let i = 0; i < n; i++)
    for (let k = 0, at = 0; k < c; k++)
      for (let y = top; y < top + side; y++)
        for (let x = left; x < left + side; x++, at++) out[((i * c + k) * h + y) * w + x] = values[at];
  return out;
}

/** Places of a patch: `count` × `count` of them, evenly spread, the edges among them. */
export function places([, , h, w]: ImageShape, side: number, count: number): [top: number, left: number][] {
  const along = (length: number) => [
    ...new Set(Array.from({ length: count }, (_, i) => Math.round((i * (length - side)) / Math.max(1, count - 1)))),
  ];
  return along(h).flatMap((top) => along(w).map((left): [number, number] => [top, left]));
}
