import type { LabelledSet } from "./LabelledSet.ts";

/** The images of one class of a raw set, in its order. */
export function imagesOfClass(set: LabelledSet, k: number): LabelledSet {
  const [, ...image] = set.shape;
  const size = image.reduce((a, b) => a * b, 1);
  const rows = [...set.labels.keys()].filter((i) => set.labels[i] === k);
  const pixels = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => {
    pixels.set(set.pixels.subarray(row * size, (row + 1) * size), i * size);
  });
  return { ...set, pixels, labels: new Int32Array(rows.length).fill(k), shape: [rows.length, ...image] };
}
