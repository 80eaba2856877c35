import { DataError } from "../core/errors.ts";
import type { Labels } from "../data/DistilledSet.ts";
import { type StoredTensor, toClassIndices, toFloat32 } from "./tensor.ts";

/** Labels together with K, the number of classes they speak of. */
export interface LabelsOfSet {
  readonly labels: Labels;
  readonly classes: number;
}

/**
 * Make labels of M images from a tensor: [M] or [M, 1] class indices (integers, or floats that are whole), or [M, K] numbers a row.
 *
 * @throws DataError if the shape is neither, or an index is no class.
 */
export function labelsFromTensor(tensor: StoredTensor, images: number, who: string): LabelsOfSet {
  const [rows, columns = 1, ...more] = tensor.shape;
  if (rows !== images || more.length > 0)
    throw new DataError(
      `${who}: invalid labels: expected [${images}] or [${images}, K], got [${tensor.shape.join(", ")}]`,
    );
  if (columns === 1) return labelsFromClasses(toClassIndices(tensor, who), who);
  const values = toFloat32(tensor);
  if (isMultiLabel(tensor, columns))
    throw new DataError(
      `${who}: invalid labels: expected one class an image, got several or none for some: a multi-label set of ${columns} findings`,
    );
  return { labels: { kind: "soft", values, form: softForm(values, columns) }, classes: columns };
}

/** Whole numbers 0 and 1 (ChestMNIST): any number of classes an image. One-hot labels of whole numbers are not such. */
function isMultiLabel({ dtype, data }: StoredTensor, columns: number): boolean {
  if (dtype !== "uint8" && dtype !== "bool") return false;
  let several = false;
  for (let start = 0; start < data.length; start += columns) {
    let sum = 0;
    for (let j = start; j < start + columns; j++) {
      if (Number(data[j]) > 1) return false;
      sum += Number(data[j]);
    }
    several ||= sum !== 1;
  }
  return several;
}

/** @throws DataError if an index is so large that the class table would not fit: K ≤ 2²⁴ (chosen, far above any set). */
export function labelsFromClasses(classes: Int32Array<ArrayBuffer>, who: string): LabelsOfSet {
  let largest = -1;
  for (const index of classes) largest = Math.max(largest, index);
  if (largest >= 2 ** 24) throw new DataError(`${who}: invalid label: expected a class below 2^24, got ${largest}`);
  return { labels: { kind: "hard", classes }, classes: largest + 1 };
}

/** Class-major labels 0…0 1…1 …: what a set without labels means where somebody says how many images a class has. */
export function classMajorLabels(images: number, ipc: number, who: string): LabelsOfSet {
  if (!Number.isInteger(ipc) || ipc < 1 || images % ipc !== 0)
    throw new DataError(`${who}: invalid ipc: expected a divisor of ${images} images, got ${ipc}`);
  return labelsFromClasses(
    Int32Array.from({ length: images }, (_, i) => Math.floor(i / ipc)),
    who,
  );
}

/**
 * Tell probabilities (rows ≥ 0 that sum to 1) from centred one-hot (one value of each row exactly 1 above all others, or rows that sum to
 * 0 within [−1, 1]) from logits (anything else).
 *
 * Chosen: sums are compared to 10⁻³, enough for half precision and far below 1/K of any set.
 */
export function softForm(values: Float32Array, columns: number): "probabilities" | "logits" | "centred" {
  let probabilities = true;
  let shifted = true;
  let zeroSum = true;
  for (let start = 0; start < values.length; start += columns) {
    let sum = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let j = start; j < start + columns; j++) {
      sum += values[j];
      min = Math.min(min, values[j]);
      max = Math.max(max, values[j]);
    }
    probabilities &&= min >= 0 && Math.abs(sum - 1) < 1e-3;
    shifted &&= min < 0 && Math.abs(max - min - 1) < 1e-3 && Math.abs(sum - columns * min - 1) < 1e-3 * columns;
    zeroSum &&= Math.abs(sum) < 1e-3 && min >= -1 && max <= 1;
  }
  if (probabilities) return "probabilities";
  return shifted || zeroSum ? "centred" : "logits";
}
