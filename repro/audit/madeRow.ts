import { attack, type AttackResult, type DistilledSet, distil, type LabelledSet } from "../../src/index.ts";
import { openRaw } from "../../src/node.ts";
import { drawnRow, type Stratum, strata } from "./drawnRow.ts";

const opened = new Map<string, Promise<LabelledSet>>();

/** Raw data (RETORT_DATA), read once. */
export function raw(source: string, part: "train" | "test", count?: number): Promise<LabelledSet> {
  const name = `${source} ${part} ${count}`;
  const known = opened.get(name) ?? openRaw(source, part, count);
  opened.set(name, known);
  return known;
}

/** The clean set that a number names. */
export async function cleanOf(stratum: Stratum, seed: number): Promise<DistilledSet> {
  const { source, method, settings } = drawnRow(stratum, seed);
  return distil(await raw(source, "train"), method, { ipc: strata[stratum].ipc, ...settings }, { seed, threads: 1 });
}

/** What the attack that a number names makes of its clean set. */
export function attackedOf(clean: DistilledSet, stratum: Stratum, seed: number): Promise<AttackResult> {
  const { form, chosen, trigger, targetClass } = drawnRow(stratum, seed);
  const options = { ...chosen, targetClass, ...(trigger && { trigger }) };
  return attack(clean, form as "cleanLabel", options as never, { seed, threads: 1 });
}
