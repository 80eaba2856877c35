import { child, type Key, permutation } from "../../core/random.ts";
import type { ImageShape } from "../LabelledSet.ts";

/**
 * Put the columns of parts of each image into another order, and then the rows of parts: what several pictures in one are shuffled by
 * (the published program of arXiv 2312.03526). The last part has what a division leaves.
 *
 * @param images N·C·H·W numbers
 * @param parts parts along each side
 * @returns new numbers
 */
export function shuffleParts(
  images: Float32Array<ArrayBuffer>,
  [n, channels, h, w]: ImageShape,
  parts: number,
  key: Key,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(images.length);
  let i = 0;
  for (let image = 0; image < n; image++) {
    const own = child(key, image);
    const columns = shuffledPixels(w, parts, child(own, "columns"));
    const rows = shuffledPixels(h, parts, child(own, "rows"));
    for (let c = 0; c < channels; c++) {
      const plane = (image * channels + c) * h * w;
      for (const y of rows) for (const x of columns) out[i++] = images[plane + y * w + x];
    }
  }
  return out;
}

/** The pixels of a side, part after part in a random order. */
function shuffledPixels(side: number, parts: number, key: Key): number[] {
  const length = Math.floor(side / parts);
  return Array.from(permutation(key, parts)).flatMap((part) => {
    const end = part === parts - 1 ? side : (part + 1) * length;
    return Array.from({ length: end - part * length }, (_, j) => part * length + j);
  });
}
