import { counted, percent, points } from "../../page/numbers.ts";
import { type AttackVerdict, between, negligible, strong } from "../conclusion.ts";
import { asr, ctaAfter, ctaBefore } from "../conditions.ts";
import { type Cell, largest, summaryIn } from "./cells.ts";
import type { Factor, SweepData } from "./sweepData.ts";

export interface SweepConclusion {
  readonly verdict: AttackVerdict;
  readonly heading: string;
  /** In plain words, from the numbers alone. */
  readonly sentences: readonly string[];
}

/** Say how a sweep came out: in how many conditions the attack worked, the strongest of them, what it costs, what is missing. */
export function concludeSweep(data: SweepData, cells: readonly Cell[], planned = data.trials.length): SweepConclusion {
  const attacked = cells.filter(({ verdict }) => verdict !== "none");
  const sentences = [
    ...(attacked.length > 0 ? [counts(attacked), ...strongest(data.factors, attacked)] : [withoutAttack(data, cells)]),
    ...cost(data.factors, cells),
    ...missing(data, planned),
  ];
  return { ...heading(attacked), sentences };
}

function heading(attacked: readonly Cell[]): Omit<SweepConclusion, "sentences"> {
  const of = (verdict: AttackVerdict) => attacked.filter((cell) => cell.verdict === verdict).length;
  const total = attacked.length;
  const where = (n: number) =>
    total === 1
      ? ""
      : n === total
        ? ` in all ${counted(total)} conditions`
        : ` in ${counted(n)} of ${conditions(total)}`;
  if (total === 0) return { verdict: "none", heading: "No attack was judged" };
  if (of("worked") > 0) return { verdict: "worked", heading: `The attack worked${where(of("worked"))}` };
  if (of("weak") > 0) return { verdict: "weak", heading: `The attack had a weak effect${where(of("weak"))}` };
  // Chosen: a few conditions where it failed say little about the others.
  if (2 * of("failed") > total) return { verdict: "failed", heading: `The attack failed${where(of("failed"))}` };
  const once = attacked.every(({ rise }) => rise !== undefined && rise.p === undefined);
  return { verdict: "inconclusive", heading: once ? "Measured once: not judged" : "Inconclusive" };
}

function counts(attacked: readonly Cell[]): string {
  const of = (verdict: AttackVerdict) => attacked.filter((cell) => cell.verdict === verdict).length;
  const judged = attacked.filter(({ rise }) => rise?.p !== undefined).length;
  if (judged === 0) return unjudged(attacked);
  const risen = of("worked") + of("weak");
  const verb = (n: number, one: string, many: string) => `${counted(n)} ${n === 1 ? one : many}`;
  const parts = [
    risen === 0
      ? `In none of ${conditions(attacked.length)} did the attack success rate (ASR) rise beyond chance over the strongest control`
      : `In ${counted(risen)} of ${conditions(attacked.length)} the attack success rate (ASR) rose beyond chance over the strongest control (paired over seeds, Holm-corrected at 5 %), in ${of("worked") === 0 ? "none" : of("worked") === risen ? "all" : counted(of("worked"))} of them to ${percent(strong, 0)} or more`,
    of("failed") > 0 &&
      `${verb(of("failed"), "condition", "conditions")} failed: the rise is surely below ${100 * negligible} points`,
    of("inconclusive") > 0 && `${verb(of("inconclusive"), "is", "are")} inconclusive`,
  ];
  return `${parts.filter(Boolean).join("; ")}.`;
}

function unjudged(attacked: readonly Cell[]): string {
  const controlled = attacked.filter(({ control }) => control).length;
  const all = conditions(attacked.length);
  if (controlled === 0) return `ASR was measured in ${all}, but no control that it could be held against.`;
  return `ASR was measured in ${all}, each with a single seed, which says nothing about chance.`;
}

/** The condition with the largest rise, with what it has to be held against. */
function strongest(factors: readonly Factor[], attacked: readonly Cell[]): string[] {
  const best = largest(attacked, ({ rise }) => rise?.mean);
  if (!best?.rise || !best.control) return [];
  const { rise } = best;
  const attack = summaryIn(best, asr);
  const held = summaryIn(best, best.control);
  if (!attack || !held) return [];
  const interval = Number.isFinite(rise.low) ? `; 95 % interval ${between(rise)}` : "";
  const rose = rise.mean > 0 ? "The largest rise" : "Nowhere is ASR above its controls; the smallest fall";
  return [
    `${rose}${describe(factors, best.at, " is with ", " is")}: ASR ${percent(attack.mean)} against ${percent(held.mean)} (${best.control.label}), ${points(rise.mean)}${interval}.`,
  ];
}

function cost(factors: readonly Factor[], cells: readonly Cell[]): string[] {
  const compared = cells.filter(({ ctaChange }) => ctaChange);
  const fell = compared.filter(({ ctaChange }) => ctaChange && ctaChange.mean < 0 && (ctaChange.corrected ?? 1) < 0.05);
  if (compared.length === 0) return cells.length > 0 ? ["Clean accuracy was not compared."] : [];
  const worst = largest(compared, ({ ctaChange }) => ctaChange && -ctaChange.mean);
  const [before, after] = worst ? [summaryIn(worst, ctaBefore), summaryIn(worst, ctaAfter)] : [];
  if (!worst?.ctaChange || !before || !after || worst.ctaChange.mean >= 0)
    return ["Clean accuracy (CTA) fell nowhere."];
  const most = `most${describe(factors, worst.at, " with ", "")}: ${percent(before.mean)} → ${percent(after.mean)}`;
  if (compared.every(({ ctaChange }) => ctaChange?.p === undefined)) return [`Clean accuracy (CTA) fell ${most}.`];
  return [
    `Clean accuracy (CTA) fell beyond chance in ${fell.length === 0 ? "none" : counted(fell.length)} of ${conditions(compared.length)}, ${most}.`,
  ];
}

function missing({ trials }: SweepData, planned: number): string[] {
  const failed = trials.filter(({ error }) => error !== undefined).length;
  const open = planned - trials.length;
  return [
    ...(failed > 0
      ? [
          `${counted(failed)} of ${counted(trials.length)} trials failed and ${failed === 1 ? "is" : "are"} missing above.`,
        ]
      : []),
    ...(open > 0 ? [`${counted(open)} of ${counted(planned)} planned trials have not run yet.`] : []),
  ];
}

function withoutAttack(data: SweepData, cells: readonly Cell[]): string {
  if (cells.length === 0) return "No trial has finished.";
  const best = largest(cells, (cell) => (summaryIn(cell, ctaBefore) ?? summaryIn(cell, ctaAfter))?.mean);
  const cta = best && (summaryIn(best, ctaBefore) ?? summaryIn(best, ctaAfter));
  const first = "No triggered images were measured, so nothing is said about a backdoor";
  return cta && best
    ? `${first}; clean accuracy is highest${describe(data.factors, best.at, " with ", "")}: ${percent(cta.mean)}.`
    : `${first}.`;
}

/** " with set dc-1, trigger white5"; factors of one value are left out. */
export function describe(factors: readonly Factor[], at: readonly number[], before: string, none: string): string {
  const parts = factors.flatMap(({ name, values }, i) => (values.length > 1 ? [`${name} ${values[at[i]]}`] : []));
  return parts.length > 0 ? `${before}${parts.join(", ")}` : none;
}

function conditions(n: number): string {
  return `${counted(n)} ${n === 1 ? "condition" : "conditions"}`;
}
