import { lookUp, UsageError } from "../../core/errors.ts";
import { child, type Key, normal } from "../../core/random.ts";
import { checkEachClass, classRows, sampleEachClass } from "../../data/classRows.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Floats } from "../../nn/Network.ts";
import { networkRegistry } from "../../nn/networkRegistry.ts";
import { checkFactor, encodeImages } from "./multiFormation.ts";
import { isConvNet } from "./sharedOptions.ts";

/** What synthetic images start from. */
export interface Start {
  readonly ipc: number;
  readonly init: "real" | "noise";
  /** f: an image holds f × f smaller ones. */
  readonly factor: number;
}

/** Refuse a network that nobody knows, and raw images that a method of square images with some of every class cannot start from. @throws UsageError */
export function checkStart(
  set: LabelledSet,
  { ipc, init, factor, network }: Start & { readonly network?: string },
  who: string,
): void {
  if (network !== undefined && !isConvNet(network)) lookUp<object>(networkRegistry, network, who, "network");
  const [, , h, w] = set.shape;
  if (h !== w) throw new UsageError(`${who}: invalid images: expected square ones, got ${h}×${w}`);
  checkFactor(factor, h, who);
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
