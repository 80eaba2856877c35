import { invert } from "../inversion.ts";
import { flatStarts } from "../starts.ts";
import { bestHeld } from "./bestHeld.ts";
import { defineDetector } from "./Detector.ts";

/** Side of the squares, in pixels. Chosen: the prototype's, which tells clean colour sets of ten images a class apart best. */
const SIDE = 8;

export const largeInverted = defineDetector({
  title: "Inversion of squares of 8 pixels",
  source: "Retort, docs/audit.md",
  phase: "search",
  level: "deep",
  decisive: false,
  async run({ audited, search, held, descent }) {
    const candidates = await invert(
      audited,
      search,
      { starts: flatStarts(audited.shape, SIDE, 4), found: [], steps: [8, 24] },
      descent,
    );
    return { ...(await bestHeld(held, candidates)), candidates };
  },
});
