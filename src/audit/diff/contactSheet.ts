import { encodePng } from "../../formats/pictures/encodePng.ts";
import { type Comparable, imageOf } from "./comparable.ts";
import type { Diffed, ImageDifference } from "./diffSets.ts";

/** Pixels, plane after plane, 8 bits. */
export interface Picture {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  readonly planes: Uint8Array;
}

/** Chosen: small images are enlarged to about this many pixels a side. */
const shownSize = 96;
const gap = 4;
/** Chosen: more rows than this nobody looks at; the worst come first. */
const maxImages = 60;

/** Images worth showing: changed, relabelled or moved, the worst first. */
export function changedImages({ difference }: Diffed): ImageDifference[] {
  const rank = (image: ImageDifference) =>
    (image.labelBefore !== image.labelAfter ? 2 : 0) + (image.kind === "edited" ? 1 : 0);
  return difference.images
    .filter((image) => image.kind !== "none" || image.labelBefore !== image.labelAfter || image.softLabelChanged)
    .sort((x, y) => rank(y) - rank(x) || x.psnr - y.psnr || x.a - y.a)
    .slice(0, maxImages);
}

/**
 * Draw the changed images in groups of three: before, after, where they differ (black none, white the most).
 *
 * @returns a PNG; undefined if nothing changed.
 */
export function contactSheet(diffed: Diffed): Uint8Array | undefined {
  const images = changedImages(diffed);
  if (images.length === 0) return undefined;
  const pictures = images.map((image) => [...beforeAfter(diffed, image), changePicture(diffed, image)]);
  const [{ height, width }] = pictures[0];
  const columns = Math.min(images.length, Math.max(1, Math.floor(1200 / (3 * width + 4 * gap))));
  const rows = Math.ceil(images.length / columns);
  const sheet = blank(rows * (height + 2 * gap) + 2 * gap, columns * (3 * width + 5 * gap) + 2 * gap);
  for (const [i, group] of pictures.entries())
    for (const [j, picture] of group.entries())
      paste(
        sheet,
        picture,
        2 * gap + Math.floor(i / columns) * (height + 2 * gap),
        2 * gap + (i % columns) * (3 * width + 5 * gap) + j * (width + gap),
      );
  return encodePng(sheet.planes, 3, sheet.height, sheet.width);
}

/** One image of each set, enlarged. */
export function beforeAfter({ before, after }: Diffed, { a, b }: ImageDifference): [Picture, Picture] {
  return [imagePicture(before, a), imagePicture(after, b)];
}

/** One image of a set, enlarged; values outside [0, 1] are cut off. */
export function imagePicture(set: Comparable, index: number): Picture {
  const [, c, h, w] = set.shape;
  const values = imageOf(set, index);
  const channels = c === 3 ? 3 : 1;
  return enlarge({
    channels,
    height: h,
    width: w,
    planes: Uint8Array.from(values.subarray(0, channels * h * w), toByte),
  });
}

/** |Δ| of one image, the largest white, in warm colours so that it is not taken for a picture. */
export function changePicture({ before, after }: Diffed, { a, b }: ImageDifference): Picture {
  const [, c, h, w] = before.shape;
  const [x, y] = [imageOf(before, a), imageOf(after, b)];
  const heat = new Float32Array(h * w);
  for (let i = 0; i < x.length; i++) heat[i % (h * w)] += Math.abs(y[i] - x[i]) / c;
  return heatPicture(heat, h, w);
}

/** A map of non-negative numbers as black – red – yellow – white. */
export function heatPicture(heat: Float32Array, height: number, width: number): Picture {
  const max = heat.reduce((most, x) => Math.max(most, x), 0) || 1;
  const plane = height * width;
  const planes = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) for (let c = 0; c < 3; c++) planes[c * plane + i] = toByte((3 * heat[i]) / max - c);
  return enlarge({ channels: 3, height, width, planes });
}

/** A picture as a PNG. */
export function pictureToPng({ planes, channels, height, width }: Picture): Uint8Array {
  return encodePng(planes, channels, height, width);
}

function toByte(x: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, Number.isNaN(x) ? 0 : x)));
}

/** Repeat each pixel, so that edges stay where they are. */
function enlarge(picture: Picture): Picture {
  const { channels, height, width, planes } = picture;
  const times = Math.max(1, Math.round(shownSize / Math.max(height, width)));
  if (times === 1) return picture;
  const [tall, wide] = [height * times, width * times];
  const out = new Uint8Array(channels * tall * wide);
  for (let c = 0; c < channels; c++)
    for (let r = 0; r < tall; r++)
      for (let q = 0; q < wide; q++)
        out[(c * tall + r) * wide + q] = planes[(c * height + Math.floor(r / times)) * width + Math.floor(q / times)];
  return { channels, height: tall, width: wide, planes: out };
}

function blank(height: number, width: number): Picture {
  return { channels: 3, height, width, planes: new Uint8Array(3 * height * width).fill(40) };
}

function paste(sheet: Picture, picture: Picture, top: number, left: number): void {
  for (let c = 0; c < 3; c++)
    for (let r = 0; r < picture.height; r++)
      for (let q = 0; q < picture.width; q++)
        sheet.planes[(c * sheet.height + top + r) * sheet.width + left + q] =
          picture.planes[((picture.channels === 3 ? c : 0) * picture.height + r) * picture.width + q];
}
