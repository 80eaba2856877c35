import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";

/** @throws UsageError when the set has no such class. */
export function checkTarget(who: string, set: DistilledSet, targetClass: number): void {
  if (targetClass >= set.classes)
    throw new UsageError(`${who}: invalid targetClass: expected 0 … ${set.classes - 1}, got ${targetClass}`);
}
