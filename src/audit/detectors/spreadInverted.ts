import { invert } from "../inversion.ts";
import { spreadStarts } from "../starts.ts";
import { bestHeld } from "./bestHeld.ts";
import { defineDetector } from "./Detector.ts";

export const spreadInverted = defineDetector({
  title: "Inversion of scatters, blends and low frequencies",
  source: "Retort, docs/audit.md",
  phase: "search",
  level: "deep",
  decisive: false,
  async run({ audited, search, held, descent, key }) {
    const starts = spreadStarts(audited.shape, key);
    const candidates = await invert(audited, search, { starts, found: [], steps: [8, 24] }, descent);
    return { ...(await bestHeld(held, candidates)), candidates };
  },
});
