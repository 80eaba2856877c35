import { child, type Key, Stream } from "../core/random.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";
import { type Patch, places } from "./Patch.ts";

/** The corner colours of the cube: every channel black or white. */
const corners = (c: number): number[][] =>
  Array.from({ length: 2 ** c }, (_, bits) => Array.from({ length: c }, (_, k) => (bits >> k) & 1));

const flat = (colour: readonly number[], pixels: number): Floats =>
  Float32Array.from({ length: colour.length * pixels }, (_, i) => colour[Math.floor(i / pixels)]);

/** Flat squares of the corner colours at evenly spread places. */
export const flatStarts = (shape: ImageShape, side: number, grid: number): Patch[] =>
  places(shape, side, grid).flatMap(([top, left]) =>
    corners(shape[1]).map((colour) => ({ top, left, side, values: flat(colour, side * side) })),
  );

/** Whole pictures of the corner colours of which a mask shows a part. */
function masked([, c, h, w]: ImageShape, masks: readonly Floats[]): Patch[] {
  return masks.flatMap((mask) =>
    corners(c).map((colour) => ({ top: 0, left: 0, side: h, values: flat(colour, h * w), mask })),
  );
}

const maskOf = ([, , h, w]: ImageShape, of: (y: number, x: number) => number): Floats =>
  Float32Array.from({ length: h * w }, (_, i) => of(Math.floor(i / w), i % w));

/** Rows and columns of two pixels at eight heights, and the frame. */
export function lineStarts(shape: ImageShape): Patch[] {
  const [, , h, w] = shape;
  const at = (length: number) => Array.from({ length: 8 }, (_, i) => Math.round((i * (length - 2)) / 7));
  const rows = at(h).map((top) => maskOf(shape, (y) => (y === top || y === top + 1 ? 1 : 0)));
  const columns = at(w).map((left) => maskOf(shape, (_, x) => (x === left || x === left + 1 ? 1 : 0)));
  const frame = maskOf(shape, (y, x) => (Math.min(y, x, h - 1 - y, w - 1 - x) < 1 ? 1 : 0));
  return masked(shape, [...rows, ...columns, frame]);
}

/** Scatters of single pixels, blends over the whole picture, and waves of low frequency. */
export function spreadStarts(shape: ImageShape, key: Key): Patch[] {
  const [, c, h, w] = shape;
  const scatters = Array.from({ length: 3 }, (_, i) => {
    const stream = new Stream(child(key, "scatter", i));
    return maskOf(shape, () => (stream.uniform() < 0.03 ? 1 : 0));
  });
  const blend = maskOf(shape, () => 0.15);
  const waves = [1, 2, 3].flatMap((periods) =>
    [true, false].map((across): Patch => {
      const values = Float32Array.from({ length: c * h * w }, (_, i) => {
        const [y, x] = [Math.floor(i / w) % h, i % w];
        return 0.5 + 0.5 * Math.sin((2 * Math.PI * periods * (across ? x / w : y / h)) as number);
      });
      return { top: 0, left: 0, side: h, values, mask: blend };
    }),
  );
  return [...masked(shape, [...scatters, blend]), ...waves];
}
