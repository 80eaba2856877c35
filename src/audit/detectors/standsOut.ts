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
    const searches = findings.flatMap(({ ofClass }) => (ofClass ? [ofClass] : []));
    if (searches.length === 0) return { score: 0, note: "no search was asked" };
    const sums = Array.from({ length: classes }, (_, t) => searches.reduce((sum, rates) => sum + rates[t], 0));
    const targetClass = sums.indexOf(Math.max(...sums));
    const others = sums.filter((_, t) => t !== targetClass).sort((a, b) => a - b);
    const score = sums[targetClass] - others[Math.floor(others.length / 2)];
    const patch = found[targetClass]?.[0]?.patch;
    return { score, targetClass, ...(patch && { patch }) };
  },
});
