import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { assembleSet, looksLikeImages } from "../assemble.ts";
import type { ReadOptions } from "../Format.ts";
import type { Budget } from "../limits.ts";
import type { StoredTensor } from "../tensor.ts";
import { imageKeys, labelKeys } from "../torch/layouts.ts";

/**
 * Find a set among named arrays: images and labels under usual names (KIP, RFAD), or the halves of a raw set, `train_images`
 * and `train_labels` (MedMNIST), `x_train` and `y_train` (Keras).
 */
export function setFromArrays(
  arrays: ReadonlyMap<string, StoredTensor>,
  name: string,
  options: ReadOptions,
  budget: Budget,
  who: string,
): DistilledSet | LabelledSet | undefined {
  const split = options.split ?? "train";
  const pick = (keys: readonly string[]) => keys.map((key) => arrays.get(key)).find((array) => array !== undefined);
  const images = pick([...imageKeys, `${split}_images`, `x_${split}`]);
  const labels = pick([...labelKeys, `${split}_labels`, `y_${split}`]);
  if (!images || !looksLikeImages(images)) return undefined;
  const metadata: Record<string, unknown> = {};
  for (const [key, { shape, data }] of arrays)
    if (shape.length === 0 && data.length === 1 && Number.isFinite(Number(data[0]))) metadata[key] = Number(data[0]);
  return assembleSet({ name, images, labels, metadata }, options, budget, who);
}
