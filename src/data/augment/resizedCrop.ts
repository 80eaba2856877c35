import { type Key, Stream } from "../../core/random.ts";
import { samples } from "../decodeIdc.ts";
import type { ImageShape } from "../LabelledSet.ts";

/** Part of an image, in whole pixels. */
interface Part {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

// As torchvision has them.
const [narrowest, widest, attempts] = [3 / 4, 4 / 3, 10];

/**
 * Cut a random part out of each image and enlarge it bilinearly to the full size (Szegedy et al. 2015, §6; torchvision's
 * RandomResizedCrop): its area is a share of the image's, uniform from `least` to 1, its width over its height log-uniform from 3/4 to
 * 4/3. A part that does not fit is drawn again; after ten the whole image is taken.
 *
 * @param images N·C·H·W numbers
 * @returns new numbers
 */
export function resizedCrop(
  images: Float32Array<ArrayBuffer>,
  [n, channels, h, w]: ImageShape,
  least: number,
  key: Key,
): Float32Array<ArrayBuffer> {
  const stream = new Stream(key);
  const out = new Float32Array(images.length);
  let i = 0;
  for (let image = 0; image < n; image++) {
    const { top, left, height, width } = drawPart(h, w, least, stream);
    const [rows, columns] = [samples(h, height), samples(w, width)];
    for (let c = 0; c < channels; c++) {
      const plane = (image * channels + c) * h * w;
      for (const row of rows)
        for (const column of columns) {
          const along = (y: number) => {
            const start = plane + (top + y) * w + left;
            return images[start + column.low] * (1 - column.part) + images[start + column.high] * column.part;
          };
          out[i++] = along(row.low) * (1 - row.part) + along(row.high) * row.part;
        }
    }
  }
  return out;
}

function drawPart(h: number, w: number, least: number, stream: Stream): Part {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = h * w * stream.uniform(least, 1);
    const ratio = Math.exp(stream.uniform(Math.log(narrowest), Math.log(widest)));
    const [height, width] = [Math.round(Math.sqrt(area / ratio)), Math.round(Math.sqrt(area * ratio))];
    if (height < 1 || width < 1 || height > h || width > w) continue;
    return { height, width, top: stream.integer(h - height + 1), left: stream.integer(w - width + 1) };
  }
  return { top: 0, left: 0, height: h, width: w };
}
