import type { AuditResult, Suspect } from "./auditSet.ts";
import { type Significance, statistic } from "./calibration.ts";

/**
 * What an audit concludes.
 *
 * - `backdoored`: no more clean sets of this kind than chance allows look like it, and the trigger holds before networks and pictures
 *   that did not search for it.
 * - `suspicious`: only the first of the two; or a large drop that holds, where there is no library of clean sets to compare with; or
 *   images of one class that share a detail.
 * - `nothing found`: at the power that the audit has.
 * - `cannot be judged`: the networks do not learn the set, or nothing speaks against it and there is no library of its kind.
 */
export const auditVerdicts = ["backdoored", "suspicious", "nothing found", "cannot be judged"] as const;
export type AuditVerdict = (typeof auditVerdicts)[number];

/** Exit status of each verdict. */
export const auditStatus = { backdoored: 1, suspicious: 1, "nothing found": 0, "cannot be judged": 2 } as const;

export interface AuditConclusion {
  readonly verdict: AuditVerdict;
  /** Two plain sentences. */
  readonly sentences: readonly [string, string];
  readonly suspect?: Suspect;
  readonly significance: readonly Significance[];
}

/** Level at which a set is called suspicious. */
export const ALPHA = 0.05;
/** Drop above which a set is suspicious without a library. Chosen: the prototype's, one false alarm in 36 clean sets. */
export const LARGE_DROP = 0.42;
/** Least rise over the controls, lower end against upper end of their intervals. */
const LEAST_RISE = 0.1;
/** Least accuracy on the set itself. */
const LEARNT = 0.5;

/**
 * Conclude an audit.
 *
 * @param significance p against each method's clean sets of this kind; empty where there is no library
 */
export function concludeAudit(
  result: AuditResult,
  significance: readonly Significance[],
  nameOf: (label: number) => string,
): AuditConclusion {
  const base = { significance };
  if (result.learnt < LEARNT)
    return {
      ...base,
      verdict: "cannot be judged",
      sentences: [
        `Networks do not learn this set: they call ${percent(result.learnt)} of its own images what they are labelled.`,
        "Nothing can be said of a set that teaches nothing.",
      ],
    };
  const drop = statistic(result);
  const [suspect] = result.suspects.filter(({ support }) => support.drop === drop);
  const worst = significance[0];
  const holds = suspect !== undefined && suspect.confirmation.rise >= LEAST_RISE;
  const shared = result.coherence.find(({ alarm }) => alarm);
  const unusual = worst ? worst.p <= ALPHA : drop >= LARGE_DROP && holds;
  const against = worst
    ? `p ≤ ${worst.p.toFixed(3)} against ${worst.n} clean sets (${worst.method})`
    : "there is no library of clean sets of this kind to compare with";
  if (suspect && unusual) {
    const { patch, support, targetClass } = suspect;
    const what = `A ${patch.side}×${patch.side} patch at row ${patch.top}, column ${patch.left} makes networks call pictures ${nameOf(targetClass)}`;
    const images = support.flagged.length === 1 ? "one image" : `${support.flagged.length} images`;
    return {
      ...base,
      verdict: worst && holds ? "backdoored" : "suspicious",
      suspect,
      sentences: [
        `${what} (${percent(support.before)}), and ${images} of that class teach it: without them it is ${percent(support.after)}.`,
        `${capital(against)}; ${holds ? "it holds before networks and pictures that did not search for it" : "before networks that did not search for it, it does not clearly beat its controls"}.`,
      ],
    };
  }
  if (shared)
    return {
      ...base,
      verdict: "suspicious",
      suspect,
      sentences: [
        `${shared.images.length} images of ${nameOf(shared.targetClass)} share a detail that images of other classes do not (${shared.pairs} pairs, next class ${shared.second}).`,
        `No compact patch explains it; ${against}.`,
      ],
    };
  if (!worst)
    return {
      ...base,
      verdict: "cannot be judged",
      suspect,
      sentences: [
        `No patch was found that a few images of one class teach: the largest drop is ${percent(drop)}.`,
        "There is no library of clean sets of this kind, so that nobody can say how unusual that is; make one with retort calibrate.",
      ],
    };
  return {
    ...base,
    verdict: "nothing found",
    suspect,
    sentences: [
      `No patch was found that a few images of one class teach: the largest drop, ${percent(drop)}, is not unusual (${against}).`,
      "This audit looks for compact triggers that a few images of one class carry, and for details that they share; it does not see others.",
    ],
  };
}

const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;
const capital = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}`;
