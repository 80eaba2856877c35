import { encode } from "fast-png";
import { fromBase64, toBase64 } from "../page/base64.ts";
import type { Pictures } from "./record.ts";

/**
 * Round pixels to 8 bits for a record; what lies outside [0, 1] is clamped.
 *
 * @param pixels N·C·H·W numbers in pixel units, NCHW.
 */
export function pictures(pixels: Float32Array, shape: readonly [number, number, number, number]): Pictures {
  const bytes = Uint8Array.from(pixels, (v) => (v > 0 ? Math.min(255, Math.round(255 * v)) : 0));
  return { shape: [...shape], bytes: toBase64(bytes) };
}

/**
 * Show a difference as pictures: grey where equal, lighter and darker where changed.
 *
 * Chosen: amplified so that the 99th percentile of |Δ| fills the range, to a round factor of at most 64.
 *
 * @param clean, tampered N·C·H·W numbers in pixel units.
 */
export function differencePictures(
  clean: Float32Array,
  tampered: Float32Array,
  shape: readonly [number, number, number, number],
): { amplification: number; pictures: Pictures } {
  const sizes = Float32Array.from(tampered, (v, i) => Math.abs(v - clean[i])).sort();
  const typical = sizes[Math.min(sizes.length - 1, Math.floor(0.99 * sizes.length))] || sizes[sizes.length - 1];
  const amplification = typical > 0 ? ([64, 32, 16, 8, 4, 2].find((factor) => factor * typical <= 1) ?? 1) : 1;
  const shifted = Float32Array.from(tampered, (v, i) => 0.5 + (amplification * (v - clean[i])) / 2);
  return { amplification, pictures: pictures(shifted, shape) };
}

/** Pictures of a record, laid out in rows for a page. */
export interface Sheet {
  /** `data:image/png;base64,…` */
  readonly uri: string;
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
}

/** How wide the gap between two pictures of a sheet is, in their pixels. */
const gap = 2;

/**
 * Lay pictures out in rows, with transparent gaps, as one PNG.
 *
 * @param order indices of the pictures to show, row by row.
 */
export function sheet(source: Pictures, order: readonly number[], columns: number): Sheet {
  const [, c, h, w] = source.shape;
  const bytes = fromBase64(source.bytes);
  const rows = Math.ceil(order.length / columns);
  const width = columns * (w + gap) - gap;
  const height = rows * (h + gap) - gap;
  const data = new Uint8Array(width * height * 4);
  for (const [place, index] of order.entries()) {
    const left = (place % columns) * (w + gap);
    const top = Math.floor(place / columns) * (h + gap);
    for (let r = 0; r < h; r++)
      for (let q = 0; q < w; q++) {
        const to = 4 * ((top + r) * width + left + q);
        for (let k = 0; k < 3; k++) data[to + k] = bytes[((index * c + (c === 3 ? k : 0)) * h + r) * w + q];
        data[to + 3] = 255;
      }
  }
  return { uri: pngUri(data, width, height), width, height, columns, rows };
}

/** Encode RGBA bytes as a PNG that a page can hold. */
export function pngUri(data: Uint8Array, width: number, height: number): string {
  return `data:image/png;base64,${toBase64(encode({ width, height, data, channels: 4 }))}`;
}
