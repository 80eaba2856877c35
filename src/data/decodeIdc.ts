import { DataError } from "../core/errors.ts";
import type { Labels } from "./DistilledSet.ts";
import type { ImageShape } from "./LabelledSet.ts";

/**
 * Undo IDC's packing: cut each image into f×f tiles and enlarge each tile to the full size by bilinear interpolation.
 *
 * Sample positions are pixel centres, src = (dst + ½)/f − ½ clamped to the tile (PyTorch's `align_corners=False`). Sides that f does not divide
 * are padded with 0.5 at the bottom and right first. Output order: all images' top-left tiles, then the next
 * tile in row order; labels repeat in the same way.
 *
 * @param images M·C·H·W pixels in [0, 1].
 * @param factor f.
 * @returns f²·M images of the same C H W.
 * Source: Kim et al. 2022, Dataset Condensation via Efficient Synthetic-Data Parameterization, §4.
 */
export function decodeIdc(
  images: Float32Array,
  [m, c, h, w]: ImageShape,
  factor: number,
): { images: Float32Array<ArrayBuffer>; shape: ImageShape } {
  if (!Number.isInteger(factor) || factor < 1 || factor > Math.min(h, w))
    throw new DataError(`idc: invalid factor: expected 1 to ${Math.min(h, w)}, got ${factor}`);
  const tileH = Math.ceil(h / factor);
  const tileW = Math.ceil(w / factor);
  const out = new Float32Array(factor * factor * images.length);
  const rows = samples(h, tileH);
  const columns = samples(w, tileW);
  let at = 0;
  for (let ty = 0; ty < factor; ty++)
    for (let tx = 0; tx < factor; tx++)
      for (let plane = 0; plane < m * c; plane++) {
        const base = plane * h * w;
        const pixel = (y: number, x: number) => {
          const py = ty * tileH + y;
          const px = tx * tileW + x;
          return py < h && px < w ? images[base + py * w + px] : 0.5;
        };
        for (const row of rows)
          for (const column of columns) {
            const top = pixel(row.low, column.low) * (1 - column.part) + pixel(row.low, column.high) * column.part;
            const low = pixel(row.high, column.low) * (1 - column.part) + pixel(row.high, column.high) * column.part;
            out[at++] = top * (1 - row.part) + low * row.part;
          }
      }
  return { images: out, shape: [factor * factor * m, c, h, w] };
}

/** For each of `size` positions of an enlarged tile, the two positions of the tile it lies between and how far. */
export function samples(size: number, tile: number): { low: number; high: number; part: number }[] {
  return Array.from({ length: size }, (_, i) => {
    const position = Math.max(0, ((i + 0.5) * tile) / size - 0.5);
    const low = Math.min(Math.floor(position), tile - 1);
    return { low, high: Math.min(low + 1, tile - 1), part: position - low };
  });
}

/** Repeat labels once for each tile. */
export function repeatLabels(labels: Labels, times: number): Labels {
  const repeat = <T extends Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>(from: T): T => {
    const to = new (from.constructor as new (length: number) => T)(from.length * times);
    for (let i = 0; i < times; i++) to.set(from, i * from.length);
    return to;
  };
  return labels.kind === "hard"
    ? { kind: "hard", classes: repeat(labels.classes) }
    : { ...labels, values: repeat(labels.values) };
}
