import { transplant } from "../transplant.ts";
import { bestHeld } from "./bestHeld.ts";
import { defineDetector } from "./Detector.ts";

/** Candidates that are refined, a class. */
const REFINED = 3;

export const transplanted = defineDetector({
  title: "Transplant: the set's own patches",
  source: "Retort, docs/audit.md",
  phase: "search",
  level: "quick",
  decisive: false,
  feeds: true,
  async run({ audited, search, held, settings: { side, grid } }) {
    const found = await transplant(audited, search, { side, grid, refined: REFINED }, () => {});
    const candidates = found.flat();
    return { ...(await bestHeld(held, candidates)), candidates };
  },
});
