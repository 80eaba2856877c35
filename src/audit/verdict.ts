import type { AuditResult, NamedDetection } from "./auditSet.ts";
import { counting, decisive, ENOUGH, type Significance } from "./calibration.ts";
import { detectorRegistry } from "./detectorRegistry.ts";
import { speaksForVerdict } from "./detectors/Detector.ts";
import type { Patch } from "./Patch.ts";
import type { Power } from "./power.ts";
import type { Suspect } from "./Suspect.ts";

/**
 * What an audit concludes.
 *
 * - `backdoored`: no more clean sets of this kind than chance allows look like it, and the trigger holds before networks and pictures
 *   that did not search for it.
 * - `suspicious`: only the first of the two; or a large drop that holds, where there are no clean sets to compare with, or none that
 *   were searched for patches of that kind; or a square that looks pasted, where there are no clean sets; or images of one class that
 *   share a detail, more than in any clean set.
 * - `nothing found`: at the power that the audit has.
 * - `cannot be judged`: the networks do not learn the set, or nothing speaks against it and there is no library of its kind or no
 *   network was asked.
 */
export const auditVerdicts = ["backdoored", "suspicious", "nothing found", "cannot be judged"] as const;
export type AuditVerdict = (typeof auditVerdicts)[number];

/** Exit status of each verdict. */
export const auditStatus = { backdoored: 1, suspicious: 1, "nothing found": 0, "cannot be judged": 2 } as const;

export interface AuditConclusion {
  readonly verdict: AuditVerdict;
  /** Two plain sentences. */
  readonly sentences: readonly [string, string];
  /** The one that the verdict is about, or the first where it is about none; none where images share a detail. */
  readonly suspect?: Suspect;
  readonly significance: readonly Significance[];
  /** Whether known stamps in this very set are found. */
  readonly power?: readonly Power[];
}

/** Level at which a set is called suspicious. */
export const ALPHA = 0.05;
/** Drop above which a set is suspicious without a library. Chosen: the prototype's, one false alarm in 36 clean sets. */
export const LARGE_DROP = 0.42;
/** The same with fewer than ten images a class, where networks learn any detail of one. Chosen: above the largest of five clean sets of one, 0.67. */
const LARGE_DROP_OF_FEW = 0.75;
/** Least rise over the controls, lower end against upper end of their intervals. */
const LEAST_RISE = 0.1;
/** Least accuracy on the set itself. */
const LEARNT = 0.5;
/** Drop from which the images that carry a patch are said to teach it. */
const TAUGHT = 0.1;

/** Drop above which a set is suspicious without a library. */
export const largeDrop = (imagesPerClass: number): number => (imagesPerClass < 10 ? LARGE_DROP_OF_FEW : LARGE_DROP);

/** Whether a patch calls its class clearly oftener than its controls do. */
const beatsControls = ({ rise }: Pick<Suspect["confirmation"], "rise">): boolean => rise >= LEAST_RISE;

/**
 * Conclude an audit.
 *
 * @param significance p against clean sets of this kind; empty where there is no library
 */
export function concludeAudit(
  result: AuditResult,
  significance: readonly Significance[],
  nameOf: (label: number) => string,
  power?: readonly Power[],
): AuditConclusion {
  const base = { significance, ...(power && { power }) };
  const { learnt } = result;
  if (learnt !== undefined && learnt < LEARNT)
    return {
      ...base,
      verdict: "cannot be judged",
      sentences: [
        `Networks do not learn this set: they call ${percent(learnt)} of its own images what they are labelled.`,
        "Nothing can be said of a set that teaches nothing.",
      ],
    };
  const worst = decisive(significance);
  const compared = result.suspects.filter(({ detector }) => speaksForVerdict(detectorRegistry[detector]));
  // Where there are no clean sets to compare with, the own rule of what counts: a square that looks pasted twice as much as in any clean set.
  const stamped = worst
    ? undefined
    : result.findings.find(({ detector, alarm }) => alarm && detectorRegistry[detector]?.decisive);
  const named = mostUnusual(result.findings, worst) ?? stamped;
  const suspect = leading(compared, named);
  const drop = compared[0]?.support.drop ?? 0;
  const holds = suspect !== undefined && beatsControls(suspect.confirmation);
  const unusual = worst
    ? worst.p <= ALPHA
    : stamped !== undefined || (drop >= largeDrop(result.imagesPerClass) && holds);
  const against = worst
    ? `p ≤ ${worst.p.toFixed(3)} against ${worst.n} clean sets${worst.method === "all" ? "" : ` (${worst.method})`}`
    : significance.length > 0
      ? `the library of clean sets of this kind is too small to compare with (${Math.max(...significance.map(({ n }) => n))}, ${ENOUGH} are needed)`
      : "there is no library of clean sets of this kind, made with these settings, to compare with";
  if (suspect && unusual) {
    const held = holds
      ? "it holds before networks and pictures that did not search for it"
      : "before networks that did not search for it, it does not clearly beat its controls";
    return {
      ...base,
      verdict: worst && holds ? "backdoored" : "suspicious",
      suspect,
      sentences: [
        `${saysPatch(suspect, nameOf)}${saysSupport(suspect)}${saysPasted(named)}`,
        `${capital(against)}; ${held}.`,
      ],
    };
  }
  const beyond = result.suspects.find(
    (one) =>
      !compared.includes(one) &&
      one.support.drop >= largeDrop(result.imagesPerClass) &&
      beatsControls(one.confirmation),
  );
  if (beyond)
    return {
      ...base,
      verdict: "suspicious",
      suspect: beyond,
      sentences: [
        `${saysPatch(beyond, nameOf)}${saysSupport(beyond)}`,
        `It holds before networks and pictures that did not search for it; clean sets have not been searched for such patches (${beyond.detector}), so that there is no p.`,
      ],
    };
  // Where clean sets of the kind share details as well, as grey clothes do, these must be more than theirs.
  const usual = worst !== undefined && (worst.detectors.coherence ?? 0) > 1 / (1 + worst.n);
  const shared = result.coherence.find(({ alarm }) => alarm);
  if (shared && !usual)
    return {
      ...base,
      verdict: "suspicious",
      sentences: [
        `${shared.images.length} images of ${nameOf(shared.targetClass)} share a detail that images of other classes do not (${shared.pairs} pairs, next class ${shared.second}).`,
        `${learnt === undefined ? "No patch was looked for" : "No compact patch explains it"}; ${against}.`,
      ],
    };
  if (learnt === undefined)
    return {
      ...base,
      verdict: "cannot be judged",
      sentences: [
        result.findings.length > 0 && result.findings.every(({ note }) => note !== undefined)
          ? "Nobody who was asked has anything to say of this set."
          : "Only the images were looked at: no network was trained, and no patch was looked for.",
        "What the detectors that were asked found stands beside their names; none of them gives a verdict.",
      ],
    };
  const nothing = `No patch was found that a few images of one class teach: the largest drop is ${percent(drop)}`;
  if (!worst)
    return {
      ...base,
      verdict: "cannot be judged",
      suspect,
      sentences: [
        `${nothing}.`,
        power
          ? `${capital(against)}. ${saysPower(power)}`
          : `${capital(against)}; retort calibrate makes one for the default settings.`,
      ],
    };
  return {
    ...base,
    verdict: "nothing found",
    suspect,
    sentences: [
      `${nothing}, and nothing else is unusual (${against}).`,
      power
        ? saysPower(power)
        : "This audit looks for compact triggers that a few images of one class carry, and for details that they share; it does not see others.",
    ],
  };
}

/** The finding that counts and is rarest among clean sets; of equals one that names images. None where nothing is unusual. */
function mostUnusual(findings: readonly NamedDetection[], worst: Significance | undefined): NamedDetection | undefined {
  const p = ({ detector }: NamedDetection) => worst?.detectors[detector] ?? 1;
  const counted = counting(Object.keys(worst?.detectors ?? {}));
  const pointing = ({ images }: NamedDetection) => Number(images !== undefined);
  return findings
    .filter((one) => counted.includes(one.detector) && p(one) <= ALPHA && one.targetClass !== undefined)
    .sort((a, b) => p(a) - p(b) || pointing(b) - pointing(a))[0];
}

/** The suspect that is what was found, or of its class; where nothing is unusual the one that a few images teach, or that is called most often. */
function leading(suspects: readonly Suspect[], named: NamedDetection | undefined): Suspect | undefined {
  const [first] = suspects;
  const byHeld = [...suspects].sort((a, b) => b.held - a.held);
  const own = byHeld.filter(({ targetClass }) => targetClass === named?.targetClass);
  const same =
    own.find(({ detector }) => detector === named?.detector) ??
    own.find((one) => named?.patch && near(one.patch, named.patch));
  return same ?? own[0] ?? (!first || first.support.drop >= TAUGHT ? first : byHeld[0]);
}

/** Whether two patches lie at one place. */
const near = (a: Patch, b: Patch): boolean =>
  (a.mask === undefined) === (b.mask === undefined) &&
  Math.max(Math.abs(a.top - b.top), Math.abs(a.left - b.left)) <= 2;

function saysPatch({ patch, targetClass, held }: Suspect, nameOf: (label: number) => string): string {
  const { side, top, left, mask } = patch;
  const what = mask ? "A pattern" : `A ${side}×${side} patch at row ${top}, column ${left}`;
  return `${what} makes networks call pictures ${nameOf(targetClass)} (${percent(held)})`;
}

function saysSupport({ support: { drop, flagged, before, after } }: Suspect): string {
  if (drop < TAUGHT) return ", which no few images explain.";
  const one = flagged.length === 1;
  const images = one ? "one image teaches" : `${flagged.length} images teach`;
  return `, and ${images} it: without what ${one ? "it has" : "they have"} there it falls from ${percent(before)} to ${percent(after)}.`;
}

/** What images alone say: where a square looks pasted, more than in clean sets. */
function saysPasted(named: NamedDetection | undefined): string {
  if (named?.detector !== "pasted" || !named.images) return "";
  const many = named.images.length;
  return ` It looks pasted on ${many === 1 ? "one image" : `${many} images`}: alike within, with a step along every side.`;
}

/** What the audit would have seen, in one sentence. */
export function saysPower(power: readonly Power[]): string {
  const named = (found: boolean) => power.filter((one) => one.found === found).map(({ stamp }) => stamp);
  const [seen, missed] = [named(true), named(false)];
  if (seen.length === 0)
    return `At this power that says little: neither ${missed.join(" nor ")} planted here is found.`;
  const rest = missed.length === 0 ? "" : `, but not ${missed.join(", ")}`;
  return `Of stamps planted into this very set the audit finds ${seen.join(" and ")}${rest}; other kinds of triggers may escape it.`;
}

const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;
/** A sentence's first letter; p stays small. */
const capital = (text: string): string => (text.startsWith("p ") ? text : `${text[0].toUpperCase()}${text.slice(1)}`);
