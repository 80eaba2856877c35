import { diffSets, type SetDifference } from "../audit/diff/diffSets.ts";
import { checkSet } from "../data/checkSet.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";

/**
 * Say what lies between two copies of a set, image by image: the same pixels, another file format, a re-encoding, or an edit.
 *
 * @param before the copy that is trusted, images M×C×H×W
 * @param after the copy that came
 * @returns the verdict, its reason, and for every image what changed, how much and where, in pixel units where both sets say
 *   how they were normalised. Images are paired by content, so another order is no change.
 * @throws UsageError for sets whose images have different shapes.
 * @example
 * const { verdict, images } = diff(published, received);
 * if (verdict === "editing") console.log(images.filter((one) => one.kind === "edited"));
 */
export const diff = (before: DistilledSet | LabelledSet, after: DistilledSet | LabelledSet): SetDifference => {
  for (const set of [before, after]) checkSet(set, "diff", ["distilled", "labelled"]);
  return diffSets(before, after).difference;
};
