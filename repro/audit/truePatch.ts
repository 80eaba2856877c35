import type { Patch } from "../../src/audit/Patch.ts";
import { toPixels } from "../../src/data/normalise.ts";
import type { Trigger } from "../../src/data/Trigger.ts";
import type { DistilledSet } from "../../src/index.ts";

/** An attack's own trigger, which only the attacker knows, as the audit shows patches: pixels, a mask, the whole picture. */
export function truePatch({ mask, pattern, channels, height, width }: Trigger, { normalisation }: DistilledSet): Patch {
  const values = toPixels(pattern, [1, channels, height, width], normalisation);
  return { top: 0, left: 0, side: height, values, mask };
}
