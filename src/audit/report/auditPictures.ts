import { encode } from "fast-png";
import type { ImageShape } from "../../data/LabelledSet.ts";
import type { Floats } from "../../nn/Network.ts";
import { toBase64 } from "../../page/base64.ts";
import type { Patch } from "../Patch.ts";

/** A picture that a page can hold. */
export interface PagePicture {
  readonly uri: string;
  readonly width: number;
  readonly height: number;
}

/** Width of the frame around each picture of a row, in its pixels. */
const FRAME = 2;
const MARK = [224, 58, 47] as const;

/**
 * Lay pictures out in rows, each in a frame: red around those that are marked, none around the others.
 *
 * @param pixels N·C·H·W in [0, 1]; what lies outside is clamped
 */
export function framed(
  pixels: Floats,
  [, c, h, w]: ImageShape,
  images: readonly number[],
  marked: ReadonlySet<number>,
  columns: number,
): PagePicture {
  const [cellW, cellH] = [w + 2 * FRAME + 1, h + 2 * FRAME + 1];
  const across = Math.min(columns, images.length);
  const [width, height] = [across * cellW, Math.ceil(images.length / columns) * cellH];
  const data = new Uint8Array(4 * width * height);
  const set = (x: number, y: number, colour: readonly number[]) => data.set([...colour, 255], 4 * (y * width + x));
  for (const [place, image] of images.entries()) {
    const [left, top] = [(place % columns) * cellW, Math.floor(place / columns) * cellH];
    if (marked.has(image))
      for (let y = 0; y < h + 2 * FRAME; y++) for (let x = 0; x < w + 2 * FRAME; x++) set(left + x, top + y, MARK);
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const at = (k: number) => byte(pixels[((image * c + (c === 3 ? k : 0)) * h + y) * w + x]);
        set(left + FRAME + x, top + FRAME + y, [at(0), at(1), at(2)]);
      }
  }
  return { uri: uriOf(data, width, height), width, height };
}

/** A patch by itself; what its mask leaves out is transparent. */
export function patchPicture({ side, values, mask }: Patch): PagePicture {
  const plane = side * side;
  const c = values.length / plane;
  const most = mask ? Math.max(...mask) : 1;
  const data = new Uint8Array(4 * plane);
  for (let p = 0; p < plane; p++) {
    for (let k = 0; k < 3; k++) data[4 * p + k] = byte(values[(c === 3 ? k : 0) * plane + p]);
    data[4 * p + 3] = byte((mask ? mask[p] : 1) / (most || 1));
  }
  return { uri: uriOf(data, side, side), width: side, height: side };
}

const byte = (v: number): number => Math.round(255 * Math.min(1, Math.max(0, v)));

const uriOf = (data: Uint8Array, width: number, height: number): string =>
  `data:image/png;base64,${toBase64(encode({ width, height, data, channels: 4 }))}`;
