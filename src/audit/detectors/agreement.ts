import { largestMargins } from "../largestMargins.ts";
import { beyondOthers, callsOf } from "./callsOf.ts";
import { defineDetector } from "./Detector.ts";

/** Those of the default level, by which clean sets were searched too. */
const SEARCHES = ["transplant", "inversion", "flatSquare"];

/**
 * Agreement: a class that small patches call easily and that has a large margin as well.
 *
 *   max over classes t of a_t + m_t, a and m: what A_t (standsOut.ts) and the largest margin M_t (largestMargins.ts) have beyond
 *   the median of the other classes
 *
 * A trigger that was learnt into the images calls its class no more easily than natural details of clean sets call theirs; the two together
 * name it more often, with ten images a class and more. With one they do not (docs/audit.md).
 */
export const agreement = defineDetector({
  title: "Agreement: one class is called by small patches and has a larger margin",
  source: "Retort, docs/audit.md; the margin is that of arXiv 2205.06900",
  phase: "weigh",
  level: "default",
  leastImages: 10,
  decisive: true,
  supersedes: ["standsOut", "inversion"],
  async run(context) {
    const asked = context.findings.filter(({ detector }) => SEARCHES.includes(detector));
    const calls = callsOf(asked, context.audited.classes);
    if (!calls) return { score: 0, note: "no search was asked" };
    const [called, margin] = [calls, await largestMargins(context)].map(beyondOthers);
    const both = called.map((a, t) => a + margin[t]);
    const score = Math.max(...both);
    const targetClass = both.indexOf(score);
    const patch = context.found[targetClass]?.[0]?.patch;
    return { score, targetClass, ...(patch && { patch }) };
  },
});
