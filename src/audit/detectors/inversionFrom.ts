import { type InversionOptions, invert } from "../inversion.ts";
import type { Patch } from "../Patch.ts";
import { bestHeld } from "./bestHeld.ts";
import type { DetectorContext, Found } from "./Detector.ts";

/** Adam steps of each start, and of the best one after them. */
const STEPS = [8, 24] as const;

/**
 * Descend from one family of starts, and judge what is found before networks that did not search.
 *
 * @param found what other detectors found, to start from as well: best of each class first
 */
export async function inversionFrom(
  { audited, search, held, descent }: DetectorContext,
  starts: readonly Patch[],
  found: InversionOptions["found"] = [],
): Promise<Found> {
  const candidates = await invert(audited, search, { starts, found, steps: STEPS }, descent);
  return { ...(await bestHeld(held, candidates)), candidates };
}
