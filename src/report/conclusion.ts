import { type Interval, pairedDifference, type Summary } from "../metrics/intervals.ts";
import {
  asr,
  asrClamped,
  ctaAfter,
  ctaBefore,
  headline,
  pairsOf,
  reached,
  strongestControl,
  summaryOf,
} from "./conditions.ts";
import { percent, points, rateInterval } from "./numbers.ts";
import type { RunRecord } from "./record.ts";

/** How the attack came out. `none`: there was no attack to judge. */
export type Verdict = "worked" | "weak" | "failed" | "inconclusive" | "none";

export interface Conclusion {
  readonly verdict: Verdict;
  /** A few words for a heading. */
  readonly heading: string;
  /** Two sentences in plain words. */
  readonly sentences: readonly [string, string];
}

// Chosen: what a reader would call an attack that works (every second image), and a rise too small to matter.
export const strong = 0.5;
export const negligible = 0.05;

const headings: Readonly<Record<Verdict, string>> = {
  worked: "The attack worked",
  weak: "The attack had a weak effect",
  failed: "The attack failed",
  inconclusive: "Inconclusive",
  none: "No attack was judged",
};

/**
 * Judge an attack by its ASR and by its paired rise over the strongest control.
 *
 * @param beyondChance whether the rise is significant; default: its 95 % interval lies above 0.
 */
export function judge(asr: number, rise: Summary | undefined, beyondChance = (rise?.low ?? 0) > 0) {
  if (rise && rise.mean > 0 && beyondChance) return asr >= strong ? "worked" : "weak";
  return rise && rise.high < negligible ? "failed" : "inconclusive";
}

/**
 * Judge a run in two sentences, from its numbers alone.
 *
 * The attack is compared with the strongest of its controls, pair by pair (same network, same seed), after the longest
 * training: `worked` and `weak` need a 95 % interval above 0, `failed` one that ends below 5 points, anything else is
 * inconclusive. The second sentence says what the receiver would notice.
 */
export function conclude(record: RunRecord): Conclusion {
  const results = headline(record);
  const attack = summaryOf(results, asr);
  if (!attack) return withoutAttack(record);
  const control = strongestControl(results);
  const target = className(record, record.trigger?.targetClass ?? 0);
  const hit = `Of test images of other classes, ${withInterval(attack)} were called ${target} once they carried the trigger`;
  if (!control)
    return finish(
      "inconclusive",
      `${hit}, but no control was measured that this could be held against.`,
      noticed(record),
    );
  const [before, after] = pairsOf(results, control.condition, asr);
  const rise = before.length > 0 ? pairedDifference(before, after) : undefined;
  const against = `${percent(control.summary.mean)} in the strongest control (${control.condition.label})`;
  if (!rise || rise.n < 2)
    return finish(
      "inconclusive",
      `${hit}, against ${against}, but ${attack.n === 1 ? "a single network says" : "networks without a partner of the same seed say"} nothing about chance.`,
      noticed(record),
    );
  const ends = `${points(rise.mean)} (95 % interval ${between(rise)})`;
  const verdict = judge(attack.mean, rise);
  const first = {
    worked: `${hit}, against ${against}: a rise of ${ends.replace(/\+/g, "")}.`,
    weak: `${hit}, against ${against}: a rise of ${ends.replace(/\+/g, "")}.`,
    failed: `${hit}, no more than ${against}: a change of ${ends}.`,
    inconclusive: `${hit}, against ${against}, a change of ${ends} that ${rise.n} networks cannot tell from chance.`,
  };
  return finish(verdict, first[verdict], noticed(record));
}

function withoutAttack(record: RunRecord): Conclusion {
  const ranked = reached(record);
  const [worst, best] = [ranked[0], ranked.at(-1)];
  const first = !best
    ? `No network was trained on ${record.set.name}.`
    : ranked.length === 1
      ? `Networks trained on ${record.set.name} reach ${withInterval(best.cta)} on clean test images.`
      : `Networks trained on ${record.set.name} reach between ${percent(worst.cta.mean)} (${worst.network}) and ${percent(best.cta.mean)} (${best.network}) on clean test images.`;
  return finish("none", first, "No triggered images were measured, so nothing is said about a backdoor.");
}

/** What the receiver would notice: accuracy, and whether the trigger is a picture at all. */
function noticed(record: RunRecord): string {
  const results = headline(record);
  const clamped = summaryOf(results, asrClamped);
  const [before, after] = pairsOf(results, ctaBefore, ctaAfter);
  const gamut = record.trigger
    ? record.trigger.inGamut
      ? "the trigger fits into an ordinary picture"
      : `the trigger lies outside what a picture can hold${clamped ? `: clamped to one, it gives ${percent(clamped.mean)}` : ", so that it has to be fed to the network as numbers"}`
    : "";
  if (before.length === 0)
    return gamut ? `Clean accuracy was not compared; ${gamut}.` : "Clean accuracy was not compared.";
  const change = pairedDifference(before, after);
  const from = before.reduce((sum, v) => sum + v, 0) / before.length;
  const drop = change.high < 0 ? "fell" : change.low > 0 ? "rose" : "did not measurably change";
  const interval = Number.isFinite(change.low) ? `; 95 % interval ${between(change)}` : "";
  // Chosen: a drop beyond doubt of 5 points is more than seeds and recipes explain away.
  const telltale = change.high < -negligible ? ", which a receiver who measures it would notice" : "";
  return `Clean accuracy ${drop}, from ${percent(from)} to ${percent(from + change.mean)} (${points(change.mean)}${interval})${telltale}${gamut ? `, and ${gamut}` : ""}.`;
}

function finish(verdict: Verdict, first: string, second: string): Conclusion {
  return { verdict, heading: headings[verdict], sentences: [first, second] };
}

/** "−1.8 to −0.1 points". */
export function between({ low, high }: Interval): string {
  return `${points(low).replace(" points", "")} to ${points(high)}`;
}

function withInterval(summary: Summary): string {
  const interval = rateInterval(summary);
  return interval ? `${percent(summary.mean)} (95 % interval ${interval})` : percent(summary.mean);
}

/** “bird”, or class 3 where classes have no names. */
export function className(record: RunRecord, index: number): string {
  const name = record.set.classNames?.[index];
  return name === undefined ? `class ${index}` : `“${name}”`;
}
