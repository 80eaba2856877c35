import { UsageError } from "../core/errors.ts";

/** Class indices, one an image. */
export type Classes = ArrayLike<number>;

/**
 * Measure the share of images that get their true class. On clean test images: CTA.
 *
 * @returns a fraction.
 * @example
 * accuracy([0, 1, 1], [0, 1, 2]); // 2 / 3
 */
export function accuracy(predicted: Classes, labels: Classes): number {
  return share("accuracy", predicted, labels, undefined, (p, y) => p === y);
}

/**
 * Measure ASR: the share of triggered images *not of the target class* that are classified as the target.
 *
 * On triggered archetypes instead of test images the same number is the archetype-ASR; it is another thing and has
 * another name everywhere (docs/method.md, §2).
 *
 * @param predicted N classes given to the triggered images.
 * @param labels their N true classes.
 * @returns a fraction.
 * @example
 * attackSuccessRate([0, 0, 2], [1, 2, 2], 0); // 2 / 3
 */
export function attackSuccessRate(predicted: Classes, labels: Classes, targetClass: number): number {
  return share("attackSuccessRate", predicted, labels, targetClass, (p) => p === targetClass);
}

/**
 * Measure RA: the share of triggered images not of the target class that still get their true class.
 *
 * ASR + RA ≤ 1; the rest goes to third classes.
 *
 * @returns a fraction.
 * @example
 * robustAccuracy([0, 0, 2], [1, 2, 2], 0); // 1 / 3
 */
export function robustAccuracy(predicted: Classes, labels: Classes, targetClass: number): number {
  return share("robustAccuracy", predicted, labels, targetClass, (p, y) => p === y);
}

/** Share of the images outside class `excluded` for which `hit` holds. */
function share(
  who: string,
  predicted: Classes,
  labels: Classes,
  excluded: number | undefined,
  hit: (predicted: number, label: number) => boolean,
): number {
  if (predicted.length !== labels.length)
    throw new UsageError(`${who}: invalid predictions: expected ${labels.length}, got ${predicted.length}`);
  let of = 0;
  let hits = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === excluded) continue;
    of++;
    if (hit(predicted[i], labels[i])) hits++;
  }
  if (of === 0)
    throw new UsageError(
      `${who}: missing images: expected at least one${excluded === undefined ? "" : ` outside class ${excluded}`}, got none`,
    );
  return hits / of;
}
