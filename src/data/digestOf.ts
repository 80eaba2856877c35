import { sha256Hex } from "../core/hash.ts";
import type { DistilledSet } from "./DistilledSet.ts";
import { setBytes } from "./setBytes.ts";

/** SHA-256 of what a set holds (`setBytes`), as records have it; lower-case hexadecimal. */
export function digestOf(set: DistilledSet): string {
  const parts = setBytes(set);
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return sha256Hex(all);
}
