import { createHash } from "node:crypto";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { setBytes } from "../data/setBytes.ts";

/**
 * SHA-256 of what a set holds (`setBytes`).
 *
 * @returns lower-case hexadecimal.
 */
export function setDigest(set: LabelledSet | DistilledSet): string {
  const hash = createHash("sha256");
  for (const bytes of setBytes(set)) hash.update(bytes);
  return hash.digest("hex");
}
