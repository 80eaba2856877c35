import { version } from "../core/version.ts";
import type { RepairTarget } from "./RepairTarget.ts";
import type { RepairStep } from "./sanitiseSet.ts";

/** The record that a sanitised set carries in its metadata. What it says of having been tampered with stays beside it. */
export const sanitisedRecord = (
  from: string,
  findings: readonly RepairTarget[],
  steps: readonly RepairStep[],
  forced: boolean,
) => ({
  sanitised: {
    by: `retort ${version}`,
    /** SHA-256 of the set that was repaired (`setBytes`). */
    from,
    forced,
    findings: findings.map(({ targetClass, images, patch }) => ({
      targetClass,
      images,
      ...(patch && { place: { top: patch.top, left: patch.left, side: patch.side } }),
    })),
    steps: steps.map(({ repair, options, changed, removed, added }) => ({
      repair,
      options,
      changed: changed.length,
      removed: removed.length,
      added,
    })),
  },
});
