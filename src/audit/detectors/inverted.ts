import { invert } from "../inversion.ts";
import { flatStarts } from "../starts.ts";
import { bestHeld } from "./bestHeld.ts";
import { defineDetector } from "./Detector.ts";

/** Places along each edge, and Adam steps of each start and of the best one after them. */
const GRID = 4;
const STEPS = [8, 24] as const;

export const inverted = defineDetector({
  title: "Inversion: squares found by descent",
  source: "Retort, docs/audit.md; after Neural Cleanse, 2019",
  phase: "search",
  level: "default",
  decisive: true,
  async run({ audited, search, held, found, descent, settings: { side } }) {
    const starts = flatStarts(audited.shape, side, GRID);
    const candidates = await invert(audited, search, { starts, found, steps: STEPS }, descent);
    return { ...(await bestHeld(held, candidates)), candidates };
  },
});
