import { UsageError } from "../../core/errors.ts";
import { child, type Key, normal } from "../../core/random.ts";
import { checkEachClass, classRows, sampleEachClass } from "../../data/classRows.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Floats } from "../../nn/Network.ts";
import { checkFactor, encodeImages } from "./multiFormation.ts";
import { type NetworkChoice, networkFor, networkWithoutBatchNorm } from "./networkFor.ts";

/** What synthetic images start from. */
export interface Start {
  readonly ipc: number;
  readonly init: "real" | "noise";
  /** f: an image holds f × f smaller ones. */
  readonly factor: number;
}

/**
 * Refuse a network that cannot be made for the images, and raw images that a method of square images with some of every class cannot
 * start from.
 *
 * @param batchNorm whether a network may have batch norm: not where batches are of one class.
 * @throws UsageError
 */
export function checkStart(
  set: LabelledSet,
  { ipc, init, factor, ...choice }: Start & NetworkChoice,
  who: string,
  batchNorm = false,
): void {
  const [, , h, w] = set.shape;
  if (h !== w) throw new UsageError(`${who}: invalid images: expected square ones, got ${h}×${w}`);
  checkFactor(factor, h, who);
  void (batchNorm ? networkFor : networkWithoutBatchNorm)(set, choice, who);
  const rows = classRows(set);
  const none = rows.findIndex((own) => own.length === 0);
  if (none >= 0)
    throw new UsageError(`${who}: missing images: expected some of every class, got none of class ${none}`);
  checkEachClass(rows, init === "real" ? ipc * factor ** 2 : ipc, who);
}

/** The synthetic images before the first update: real ones, f² in each, or noise N(0, 1). K·ipc·C·H·W numbers. */
export function initialImages(
  set: LabelledSet,
  { ipc, init, factor }: Start,
  normalisation: Normalisation,
  key: Key,
): Floats {
  const [, c, h, w] = set.shape;
  if (init === "noise") return normal(child(key, "initial"), set.classes * ipc * c * h * w);
  const rows = sampleEachClass(classRows(set), ipc * factor ** 2, (k) => child(key, "initial", k));
  return encodeImages(normalisedRows(set, rows, normalisation), [rows.length, c, h, w], factor);
}
