import { type Summary, summarise } from "../metrics/intervals.ts";
import type { NetworkResult, RunRecord } from "./record.ts";

/** Something that is measured on every network of one set. */
export interface Condition {
  /** Heading of its column in a table. */
  readonly title: string;
  /** Its line in a chart, and its name in a sentence. */
  readonly label: string;
  readonly set: "clean" | "tampered";
  /** Which colour of a chart it has; the attack and the clean set keep theirs everywhere. */
  readonly tone: number;
  readonly of: (result: NetworkResult) => number | undefined;
}

export const ctaBefore: Condition = {
  title: "CTA before",
  label: "clean set",
  set: "clean",
  tone: 1,
  of: (result) => result.cta,
};

export const ctaAfter: Condition = {
  title: "CTA after",
  label: "tampered set",
  set: "tampered",
  tone: 0,
  of: (result) => result.cta,
};

export const asr: Condition = {
  title: "ASR",
  label: "tampered set, trigger",
  set: "tampered",
  tone: 0,
  of: (result) => result.asr,
};

/** ASR where the receiver clamps its inputs to what a picture can hold; measured for triggers outside the gamut. */
export const asrClamped: Condition = {
  title: "ASR, clamped",
  label: "tampered set, clamped trigger",
  set: "tampered",
  tone: 4,
  of: (result) => result.asrClamped,
};

/** What an ASR has to be held against. */
export const controls: readonly Condition[] = [
  { title: "clean set, trigger", label: "clean set, trigger", set: "clean", tone: 1, of: (result) => result.asr },
  {
    title: "no trigger",
    label: "tampered set, no trigger",
    set: "tampered",
    tone: 2,
    of: (result) => result.asrWithoutTrigger,
  },
  {
    title: "random trigger",
    label: "tampered set, random trigger",
    set: "tampered",
    tone: 3,
    of: (result) => result.asrRandomTrigger,
  },
];

export const archetypeAsr: Condition = {
  title: "archetype-ASR",
  label: "tampered set, archetypes",
  set: "tampered",
  tone: 0,
  of: (result) => result.archetypeAsr,
};

export const ra: Condition = {
  title: "RA",
  label: "tampered set, true class",
  set: "tampered",
  tone: 0,
  of: (result) => result.ra,
};

/** Columns of a table of results, in reading order. */
export const columns: readonly Condition[] = [ctaBefore, ctaAfter, asr, asrClamped, ...controls, archetypeAsr, ra];

/** Results of one network and one length of training. */
export interface Group {
  readonly network: string;
  readonly epochs: number;
  readonly results: readonly NetworkResult[];
}

/** Split results by network and epochs, in the order in which they occur, shorter training first. */
export function groups(results: readonly NetworkResult[]): Group[] {
  const found = new Map<string, NetworkResult[]>();
  for (const result of results) {
    const name = JSON.stringify([result.network, result.epochs]);
    found.set(name, [...(found.get(name) ?? []), result]);
  }
  return [...found.values()]
    .map((list) => ({ network: list[0].network, epochs: list[0].epochs, results: list }))
    .sort((a, b) => (a.network === b.network ? a.epochs - b.epochs : 0));
}

/** Split results by architecture, in the order in which they occur: rates of different ones are never averaged. */
export function byNetwork(results: readonly NetworkResult[]): { network: string; results: NetworkResult[] }[] {
  return [...new Set(results.map(({ network }) => network))].map((network) => ({
    network,
    results: results.filter((result) => result.network === network),
  }));
}

/** What a chart has room for: all groups if they are few, otherwise the longest training of each network. */
export function charted(all: readonly Group[], room = 4): readonly Group[] {
  if (all.length <= room) return all;
  return all.filter((group) => all.every((other) => other.network !== group.network || other.epochs <= group.epochs));
}

/** The results that the conclusion speaks about: every network, trained for the longest time that was measured. */
export function headline(record: Pick<RunRecord, "results">): NetworkResult[] {
  const longest = Math.max(0, ...record.results.map((result) => result.epochs));
  return record.results.filter((result) => result.epochs === longest);
}

/** Accuracy of each architecture without tampering, else with it, after the longest training; the worst first. */
export function reached(record: RunRecord): { network: string; cta: Summary }[] {
  return groups(headline(record))
    .flatMap(({ network, results }) => {
      const cta = summaryOf(results, ctaBefore) ?? summaryOf(results, ctaAfter);
      return cta ? [{ network, cta }] : [];
    })
    .sort((a, b) => a.cta.mean - b.cta.mean);
}

/** The values of a condition, one a network. */
export function valuesOf(results: readonly NetworkResult[], condition: Condition): number[] {
  return results
    .filter((result) => result.set === condition.set)
    .map(condition.of)
    .filter((value): value is number => value !== undefined);
}

/** Summarise a condition; undefined where nothing was measured. */
export function summaryOf(results: readonly NetworkResult[], condition: Condition): Summary | undefined {
  const values = valuesOf(results, condition);
  return values.length > 0 ? summarise(values) : undefined;
}

/** The control that comes closest to an attack, by its mean; undefined where none was measured. */
export function strongestControl(
  results: readonly NetworkResult[],
): { condition: Condition; summary: Summary } | undefined {
  return controls
    .flatMap((condition) => {
      const summary = summaryOf(results, condition);
      return summary ? [{ condition, summary }] : [];
    })
    .sort((a, b) => b.summary.mean - a.summary.mean)[0];
}

/** Values of two conditions of the same network, epochs and seed, pair by pair. */
export function pairsOf(results: readonly NetworkResult[], a: Condition, b: Condition): [number[], number[]] {
  const id = (r: NetworkResult) => JSON.stringify([r.network, r.epochs, r.seed]);
  const second = new Map(results.filter((r) => r.set === b.set).map((r) => [id(r), b.of(r)]));
  const out: [number[], number[]] = [[], []];
  for (const result of results) {
    if (result.set !== a.set) continue;
    const [left, right] = [a.of(result), second.get(id(result))];
    if (left === undefined || right === undefined) continue;
    out[0].push(left);
    out[1].push(right);
  }
  return out;
}
