import { type DistilledSet, hardClasses } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { toPixels } from "../../data/normalise.ts";

/** A picture of the whole set: a row per class, or five classes a row where each has one image, in planes of bytes. */
export interface ContactSheet {
  readonly width: number;
  readonly height: number;
  /** 3 · height · width bytes, R, G and B planes. */
  readonly planes: Uint8Array<ArrayBuffer>;
  readonly tile: number;
  readonly rows: number;
  readonly columns: number;
  /** How numbers became colours, and what does not fit on the sheet. */
  readonly caption: string;
}

const gap = 2;
/** Pixels: smaller images are enlarged towards the first, larger ones drawn with every so-manieth pixel to fit the second. */
const smallestTile = 64;
const largestTile = 128;
const mostRows = 20;
const mostColumns = 20;
/** Classes beside each other where each has one image: a column of them would be a strip. */
const singlesPerRow = 5;
const background = 96;

/**
 * Draw up to 20 classes by 20 images, small images enlarged by whole factors, large ones reduced.
 *
 * @param normalisation how to get back to pixels; without one (unknown, ZCA without matrix) each image is stretched from its 1st to
 * its 99th percentile.
 * @example
 * const { width, height, planes } = contactSheet(set, set.normalisation);
 */
export function contactSheet(set: DistilledSet | LabelledSet, normalisation?: Normalisation): ContactSheet {
  const [, channels, height, width] = set.shape;
  const classes = set.kind === "labelled" ? set.labels : hardClasses(set);
  const { table, isSingle } = layOut(classes, set.classes);
  const rows = table.length;
  const columns = Math.max(1, ...table.map((row) => row.length));
  const longest = Math.max(height, width);
  const zoom = longest > largestTile ? largestTile / longest : Math.max(1, Math.floor(smallestTile / longest));
  const [tall, wide] = [height, width].map((side) => Math.max(1, Math.floor(side * zoom)));
  const [h, w] = [gap + rows * (tall + gap), gap + columns * (wide + gap)];
  const planes = new Uint8Array(3 * h * w).fill(background);
  for (const [row, images] of table.entries())
    for (const [column, i] of images.entries()) {
      const pixels = imagePixels(set, i, normalisation);
      for (let c = 0; c < 3; c++) {
        const from = channels === 3 ? c * height * width : 0;
        for (let y = 0; y < tall; y++)
          for (let x = 0; x < wide; x++) {
            const to = (c * h + gap + row * (tall + gap) + y) * w + gap + column * (wide + gap) + x;
            planes[to] = pixels[from + Math.floor(y / zoom) * width + Math.floor(x / zoom)];
          }
      }
    }
  return {
    width: w,
    height: h,
    planes,
    tile: tall,
    rows,
    columns,
    caption: `${describe(table, isSingle, set.classes)}; ${colours(set, normalisation)}`,
  };
}

/** Which images stand in each row: those of a class, or of five classes that have one image each. */
function layOut(classes: Int32Array, k: number): { table: number[][]; isSingle: boolean } {
  const isSingle = k > 1 && new Set(classes).size === classes.length;
  const perRow = isSingle ? singlesPerRow : 1;
  const table = Array.from({ length: Math.min(Math.ceil(k / perRow), mostRows) }, (): number[] => []);
  const order = isSingle ? [...classes.keys()].sort((a, b) => classes[a] - classes[b]) : classes.keys();
  for (const i of order) {
    const row = table[Math.floor(classes[i] / perRow)];
    if (row && row.length < mostColumns) row.push(i);
  }
  return { table, isSingle };
}

function describe(table: readonly (readonly number[])[], isSingle: boolean, classes: number): string {
  const shown = table.reduce((sum, row) => sum + row.length, 0);
  if (isSingle) return `${shown === classes ? `${shown} classes` : `${shown} of ${classes} classes`}, one image each`;
  const part =
    table.length < classes ? `the first ${table.length} of ${classes} classes` : `${table.length} classes, a row each`;
  return `${part}, up to ${Math.max(...table.map((row) => row.length))} images`;
}

function colours(set: DistilledSet | LabelledSet, normalisation?: Normalisation): string {
  if (set.kind === "labelled") return "pixels as stored";
  return normalisation ? "values outside [0, 1] clipped" : "each image stretched from its 1st to its 99th percentile";
}

/** Bytes of one image as it is shown. */
function imagePixels(set: DistilledSet | LabelledSet, i: number, normalisation?: Normalisation): ArrayLike<number> {
  const [, c, h, w] = set.shape;
  const size = c * h * w;
  if (set.kind === "labelled") return set.pixels.subarray(i * size, (i + 1) * size);
  const values = set.images.slice(i * size, (i + 1) * size);
  const pixels = normalisation ? toPixels(values, [1, c, h, w], normalisation) : stretch(values);
  return Uint8Array.from(pixels, (x) => Math.round(255 * Math.min(1, Math.max(0, Number.isNaN(x) ? 0 : x))));
}

function stretch(values: Float32Array): Float32Array {
  const sorted = Float32Array.from(values).sort();
  const low = sorted[Math.floor(0.01 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.99 * (sorted.length - 1))];
  return values.map((x) => (high > low ? (x - low) / (high - low) : 0.5));
}

/** The whole sheet as a picture of at most `columns` pixels in width, by averaging blocks: for terminals. */
export function shrinkSheet(sheet: ContactSheet, columns: number): Pick<ContactSheet, "width" | "height" | "planes"> {
  if (sheet.width <= columns) return sheet;
  const scale = sheet.width / columns;
  const rows = Math.max(1, Math.floor(sheet.height / scale));
  const planes = new Uint8Array(3 * rows * columns);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const [top, bottom] = [Math.floor(y * scale), Math.max(Math.floor(y * scale) + 1, Math.floor((y + 1) * scale))];
        const [left, right] = [Math.floor(x * scale), Math.max(Math.floor(x * scale) + 1, Math.floor((x + 1) * scale))];
        let [sum, count] = [0, 0];
        for (let v = top; v < Math.min(bottom, sheet.height); v++)
          for (let u = left; u < Math.min(right, sheet.width); u++, count++)
            sum += sheet.planes[(c * sheet.height + v) * sheet.width + u];
        planes[(c * rows + y) * columns + x] = Math.round(sum / Math.max(1, count));
      }
  return { width: columns, height: rows, planes };
}
