import { holm } from "../metrics/holm.ts";
import { type Interval, pairedDifference, type Summary } from "../metrics/intervals.ts";
import { pairedTTest } from "../metrics/pairedTTest.ts";
import { percent, points, rateInterval } from "../page/numbers.ts";
import {
  asr,
  asrClamped,
  byNetwork,
  ctaAfter,
  ctaBefore,
  headline,
  pairsOf,
  reached,
  strongestControl,
  summaryOf,
} from "./conditions.ts";
import type { RunRecord } from "./record.ts";

/** How the attack came out. `none`: there was no attack to judge. */
export type AttackVerdict = "worked" | "weak" | "failed" | "inconclusive" | "none";

export interface Conclusion {
  /** Of several architectures the best that the attack reached with one of them; `failed` only if it failed with each. */
  readonly verdict: AttackVerdict;
  /** A few words for a heading. */
  readonly heading: string;
  /** Two sentences in plain words. */
  readonly sentences: readonly [string, string];
  /** One for each architecture on which triggered images were measured. */
  readonly architectures: readonly { readonly network: string; readonly verdict: AttackVerdict }[];
}

// Chosen: what a reader would call an attack that works (every second image), and a rise too small to matter.
export const strong = 0.5;
export const negligible = 0.05;

const headings: Readonly<Record<AttackVerdict, string>> = {
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
 * inconclusive. The second sentence says what the receiver would notice. Architectures are judged one by one and never averaged:
 * with several, each has a clause, and the tests of their rises are one family, corrected by Holm.
 *
 * @example
 * const { heading, sentences } = conclude(parseRecord(JSON.parse(text)));
 */
export function conclude(record: RunRecord): Conclusion {
  const judged = judgements(record);
  if (judged.length === 0) return { ...withoutAttack(record), architectures: [] };
  const architectures = judged.map(({ network, verdict }) => ({ network, verdict }));
  const target = className(record, record.trigger?.targetClass ?? 0);
  const source = record.trigger?.sourceClass;
  const hit = `Of test images of ${source === undefined ? "other classes" : `${className(record, source)} alone`},`;
  if (judged.length === 1) {
    const [{ verdict, attack, against }] = judged;
    const first = `${hit} ${withInterval(attack)} were called ${target} once they carried the trigger, ${against}.`;
    return { ...finish(verdict, first, noticed(record)), architectures };
  }
  const clauses = judged.map(({ network, attack, against }) => `${network} called ${withInterval(attack)}, ${against}`);
  const first = `${hit} once they carried the trigger, networks called so many ${target}: ${clauses.join("; ")}.`;
  const verdict = overall(judged.map((one) => one.verdict));
  return { verdict, heading: headingOf(verdict, judged), sentences: [first, noticed(record)], architectures };
}

/** What came of one architecture. */
interface Judgement {
  readonly network: string;
  readonly verdict: Exclude<AttackVerdict, "none">;
  readonly attack: Summary;
  /** Continues "… were called the target, ". */
  readonly against: string;
}

/** One architecture after another; tests are paired within one. */
function judgements(record: RunRecord): Judgement[] {
  const measured = byNetwork(headline(record)).flatMap(({ network, results }) => {
    const attack = summaryOf(results, asr);
    if (!attack) return [];
    const control = strongestControl(results);
    const [before, after] = control ? pairsOf(results, control.condition, asr) : [[], []];
    const rise = before.length > 0 ? pairedDifference(before, after) : undefined;
    const p = before.length > 1 ? pairedTTest(before, after).p : undefined;
    return [{ network, attack, control, rise, p }];
  });
  const adjusted = holm(measured.flatMap(({ p }) => p ?? []));
  let next = 0;
  return measured.map(({ network, attack, control, rise, p }) => {
    const corrected = p === undefined ? undefined : adjusted[next++];
    const unsure = (against: string): Judgement => ({ network, attack, verdict: "inconclusive", against });
    if (!control) return unsure("but no control was measured that this could be held against");
    const held = `${percent(control.summary.mean)} in the strongest control (${control.condition.label})`;
    if (!rise || rise.n < 2)
      return unsure(
        `against ${held}, but ${attack.n === 1 ? "a single network says" : "networks without a partner of the same seed say"} nothing about chance`,
      );
    const ends = `${points(rise.mean)} (95 % interval ${between(rise)})`;
    const beyondChance = measured.length === 1 || corrected === undefined ? rise.low > 0 : corrected < 0.05;
    const verdict = judge(attack.mean, rise, beyondChance);
    const risen = `against ${held}: a rise of ${ends.replace(/\+/g, "")}`;
    const against = {
      worked: risen,
      weak: risen,
      failed: `no more than ${held}: a change of ${ends}`,
      inconclusive: `against ${held}, a change of ${ends} that ${rise.n} networks cannot tell from chance`,
    }[verdict];
    return { network, attack, verdict, against };
  });
}

/** What one may say of several architectures at once: that it worked with one is said, that it failed only if it did with each. */
function overall(verdicts: readonly AttackVerdict[]): AttackVerdict {
  for (const verdict of ["worked", "weak"] as const) if (verdicts.includes(verdict)) return verdict;
  return verdicts.every((verdict) => verdict === "failed") ? "failed" : "inconclusive";
}

/** "The attack worked with convNet, not with leNet and mlp". */
function headingOf(verdict: AttackVerdict, judged: readonly Judgement[]): string {
  const of = (wanted: boolean) =>
    judged.filter((one) => (one.verdict === verdict) === wanted).map(({ network }) => network);
  const [with_, without] = [of(true), of(false)];
  if (without.length === 0) return `${headings[verdict]} with all ${judged.length} architectures`;
  if (verdict === "inconclusive") return headings[verdict];
  return `${headings[verdict]} with ${listed(with_)}, not with ${listed(without)}`;
}

const listed = (names: readonly string[]): string => names.join(", ").replace(/, (?=[^,]*$)/, " and ");

function withoutAttack(record: RunRecord): Omit<Conclusion, "architectures"> {
  const ranked = reached(record);
  const [worst, best] = [ranked[0], ranked.at(-1)];
  const first = !best
    ? `No network was trained on ${record.set.name}.`
    : ranked.length === 1
      ? `Networks trained on ${record.set.name} reach ${withInterval(best.cta)} on clean test images.`
      : `Networks trained on ${record.set.name} reach between ${percent(worst.cta.mean)} (${worst.network}) and ${percent(best.cta.mean)} (${best.network}) on clean test images.`;
  return finish("none", first, "No triggered images were measured, so nothing is said about a backdoor.");
}

/** What the receiver would notice: accuracy, and whether the trigger is a picture at all. Architecture by architecture. */
function noticed(record: RunRecord): string {
  const groups = byNetwork(headline(record));
  const name = (network: string) => (groups.length > 1 ? `${network} ` : "");
  const clamped = groups.flatMap(({ network, results }) => {
    const summary = summaryOf(results, asrClamped);
    return summary ? [`${name(network)}${percent(summary.mean)}`] : [];
  });
  const outside =
    clamped.length > 0
      ? `: clamped to one, it gives ${listed(clamped)}`
      : ", so that it has to be fed to the network as numbers";
  const gamut = record.trigger
    ? record.trigger.inGamut
      ? "the trigger fits into an ordinary picture"
      : `the trigger lies outside what a picture can hold${outside}`
    : "";
  const changes = groups.flatMap(({ network, results }) => {
    const [before, after] = pairsOf(results, ctaBefore, ctaAfter);
    return before.length > 0 ? [{ network, ...changeOf(before, after) }] : [];
  });
  if (changes.length === 0)
    return gamut ? `Clean accuracy was not compared; ${gamut}.` : "Clean accuracy was not compared.";
  const said =
    groups.length === 1
      ? `${changes[0].verb}, ${changes[0].text}`
      : changes.map(({ network, verb, text }) => `of ${network} ${verb}, ${text}`).join("; ");
  return `Clean accuracy ${said}${gamut ? `${groups.length > 1 ? ";" : ","} and ${gamut}` : ""}.`;
}

/** "fell", "from 51.0 % to 40.7 % (…), which …" */
function changeOf(before: readonly number[], after: readonly number[]): { verb: string; text: string } {
  const change = pairedDifference(before, after);
  const from = before.reduce((sum, v) => sum + v, 0) / before.length;
  const verb = change.high < 0 ? "fell" : change.low > 0 ? "rose" : "did not measurably change";
  const interval = Number.isFinite(change.low) ? `; 95 % interval ${between(change)}` : "";
  // Chosen: a drop beyond doubt of 5 points is more than seeds and recipes explain away.
  const telltale = change.high < -negligible ? ", which a receiver who measures it would notice" : "";
  const text = `from ${percent(from)} to ${percent(from + change.mean)} (${points(change.mean)}${interval})${telltale}`;
  return { verb, text };
}

function finish(verdict: AttackVerdict, first: string, second: string): Omit<Conclusion, "architectures"> {
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
