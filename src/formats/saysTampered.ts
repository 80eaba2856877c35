import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Finding } from "./Format.ts";
import { tamperedRule } from "./verdict.ts";

/** Entries in which a set says of itself that it was backdoored. */
export const tamperedEntries = /^(tampered|tampering|backdoor(ed)?|poison(ed)?|attack(ed)?)$/i;

/** The finding that a set says of itself that it was tampered with; undefined where it says nothing or the contrary. */
export function saysTampered({ metadata }: DistilledSet): Finding | undefined {
  const said = Object.entries(metadata).filter(([key, value]) => tamperedEntries.test(key) && !denies(value));
  if (said.length === 0) return undefined;
  const text = said.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(", ");
  return {
    severity: "warning",
    rule: tamperedRule,
    message: `The set says of itself that it was backdoored: ${text.length > 300 ? `${text.slice(0, 299)}…` : text}.`,
  };
}

function denies(value: unknown): boolean {
  if (typeof value === "string") return /^(|no|none|false|null|0)$/i.test(value.trim());
  return value === false || value === null || value === undefined || value === 0;
}
