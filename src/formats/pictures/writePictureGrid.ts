import { UsageError } from "../../core/errors.ts";
import { type DistilledSet, hardClasses } from "../../data/DistilledSet.ts";
import { eightBitLosses, toEightBit } from "../../data/eightBit.ts";
import type { Written } from "../Format.ts";
import { encodePng } from "./encodePng.ts";

/** Between tiles and around them, black, as torchvision's `make_grid` draws by default. */
const gap = 2;

/**
 * Write a set as one PNG: a row of tiles per class, in the set's order, gaps of two black pixels.
 *
 * @throws UsageError if classes have different numbers of images: then rows could not stand for classes.
 */
export async function writePictureGrid(set: DistilledSet): Promise<Written> {
  const [n, channels, height, width] = set.shape;
  const classes = hardClasses(set);
  const rows = Array.from({ length: set.classes }, (): number[] => []);
  for (let i = 0; i < n; i++) rows[classes[i]].push(i);
  const columns = rows[0].length;
  if (height !== width || columns === 0 || rows.some((row) => row.length !== columns))
    throw new UsageError(
      "pictureGrid: invalid set: expected square images and as many of each class, got others; write a folder instead",
    );
  const eight = toEightBit(set);
  const [w, h] = [columns, rows.length].map((count) => gap + count * (width + gap));
  const canvas = new Uint8Array(channels * h * w);
  for (const [row, images] of rows.entries())
    for (const [column, i] of images.entries())
      for (let c = 0; c < channels; c++)
        for (let y = 0; y < height; y++) {
          const from = ((i * channels + c) * height + y) * width;
          const to = (c * h + gap + row * (height + gap) + y) * w + gap + column * (width + gap);
          canvas.set(eight.pixels.subarray(from, from + width), to);
        }
  const losses = eightBitLosses(set, eight);
  if (set.labels.kind === "soft") losses.push("Soft labels became hard: a row stands for the largest label.");
  if (rows.flat().some((index, i) => index !== i)) losses.push("Images were sorted by class: their order is lost.");
  if (set.classNames) losses.push("Names of the classes are lost.");
  if (Object.keys(set.metadata).length > 0) losses.push("The metadata is lost.");
  return { files: new Map([[`${set.name || "set"}.png`, encodePng(canvas, channels, h, w)]]), losses };
}
