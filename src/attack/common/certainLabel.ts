import type { Labels } from "../../data/DistilledSet.ts";

/**
 * A certain label in the form of a set's soft ones: logits as far apart as the set's own, otherwise one-hot (centred).
 *
 * @returns what the class gets, and what every other gets
 */
export function certainLabel(
  labels: Extract<Labels, { kind: "soft" }>,
  classes: number,
): readonly [on: number, off: number] {
  const spread = labels.values.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
  return (
    {
      probabilities: [1, 0],
      logits: [spread, -spread],
      centred: [1 - 1 / classes, -1 / classes],
    } as const
  )[labels.form];
}
