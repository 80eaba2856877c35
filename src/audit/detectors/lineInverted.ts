import { invert } from "../inversion.ts";
import { lineStarts } from "../starts.ts";
import { bestHeld } from "./bestHeld.ts";
import { defineDetector } from "./Detector.ts";

export const lineInverted = defineDetector({
  title: "Inversion of rows, columns and frames",
  source: "Retort, docs/audit.md",
  phase: "search",
  level: "deep",
  decisive: false,
  async run({ audited, search, held, descent }) {
    const candidates = await invert(
      audited,
      search,
      { starts: lineStarts(audited.shape), found: [], steps: [8, 24] },
      descent,
    );
    return { ...(await bestHeld(held, candidates)), candidates };
  },
});
