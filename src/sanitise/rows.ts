import type { DistilledSet, Labels } from "../data/DistilledSet.ts";
import type { Repaired } from "./Repair.ts";

/** The set of these rows, in this order; one may come several times. Soft labels go with their images. */
export function setOfRows(set: DistilledSet, rows: readonly number[]): Repaired {
  const [, c, h, w] = set.shape;
  const origin = Int32Array.from(rows);
  const { labels } = set;
  const taken: Labels =
    labels.kind === "hard"
      ? { kind: "hard", classes: origin.map((i) => labels.classes[i]) }
      : { ...labels, values: take(labels.values, set.classes, origin) };
  const images = take(set.images, c * h * w, origin);
  return { set: { ...set, images, shape: [rows.length, c, h, w], labels: taken }, origin };
}

function take(values: Float32Array, size: number, rows: Int32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    out.set(values.subarray(row * size, (row + 1) * size), i * size);
  });
  return out;
}
