import type { Versions } from "./versions.ts";

/** What makes a run this run. Two calls with the same description continue each other. Plain JSON. */
export interface RunDescription {
  /** "attack poisonedDistillation". */
  readonly command: string;
  /** Every option with its default resolved. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Role → digest of each input: `{ set: "ab12…", test: "cd34…" }` (setDigest.ts). */
  readonly data: Readonly<Record<string, string>>;
  readonly versions: Versions;
}
