import { beyondOthers, callsOf } from "./callsOf.ts";
import { defineDetector } from "./Detector.ts";

/**
 * Stands out: what the class that is called most easily has beyond the others.
 *
 *   max over classes t of A_t − median of A over the other classes, A_t = Σ over searches of the best rate of t before held networks
 *
 * Networks of a few random images are talked into any class, those of a distilled set into none: the median takes what the kind
 * of set does off, and the sum what one search finds by luck.
 */
export const standsOut = defineDetector({
  title: "Stands out: one class is called by small patches more than the others",
  source: "Retort, docs/audit.md",
  phase: "weigh",
  level: "quick",
  decisive: true,
  async run({ audited: { classes }, findings, found }) {
    const calls = callsOf(findings, classes);
    if (!calls) return { score: 0, note: "no search was asked" };
    const beyond = beyondOthers(calls);
    const score = Math.max(...beyond);
    const targetClass = beyond.indexOf(score);
    const patch = found[targetClass]?.[0]?.patch;
    return { score, targetClass, ...(patch && { patch }) };
  },
});
