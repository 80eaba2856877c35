import { type Summary, summarise } from "../metrics/intervals.ts";
import type { NetworkResult, RunRecord } from "./record.ts";

/** The four things that are measured on triggered and untriggered test images: the attack and its three controls. */
export const asrConditions = [
  {
    id: "attack",
    tone: 0,
    label: "tampered set, trigger",
    set: "tampered",
    of: (r: NetworkResult) => r.asr,
  },
  {
    id: "cleanNetwork",
    tone: 1,
    label: "clean set, trigger",
    set: "clean",
    of: (r: NetworkResult) => r.asr,
  },
  {
    id: "noTrigger",
    tone: 2,
    label: "tampered set, no trigger",
    set: "tampered",
    of: (r: NetworkResult) => r.asrWithoutTrigger,
  },
  {
    id: "randomTrigger",
    tone: 3,
    label: "tampered set, random trigger",
    set: "tampered",
    of: (r: NetworkResult) => r.asrRandomTrigger,
  },
] as const;

/** Clean test accuracy before and after. */
export const ctaConditions = [
  { id: "clean", tone: 1, label: "clean set", set: "clean", of: (r: NetworkResult) => r.cta },
  { id: "tampered", tone: 0, label: "tampered set", set: "tampered", of: (r: NetworkResult) => r.cta },
] as const;

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

/** The results that the conclusion speaks about: every network, trained for the longest time that was measured. */
export function headline(record: RunRecord): NetworkResult[] {
  const longest = Math.max(0, ...record.results.map((result) => result.epochs));
  return record.results.filter((result) => result.epochs === longest);
}

/** A condition: which networks, and which of their numbers. */
export interface Condition {
  readonly id: string;
  /** Which colour of a chart it has; the attack and the clean set keep theirs everywhere. */
  readonly tone: number;
  readonly label: string;
  readonly set: "clean" | "tampered";
  readonly of: (result: NetworkResult) => number | undefined;
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
