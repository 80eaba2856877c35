import type { Confirmation } from "./confirm.ts";
import type { Support } from "./supportDrop.ts";
import type { Candidate } from "./transplant.ts";

/** A class that something calls, and what speaks for its having been planted. */
export interface Suspect extends Candidate {
  /** What found it. */
  readonly detector: string;
  /** Success before networks and pictures that did not search. */
  readonly held: number;
  readonly support: Support;
  readonly confirmation: Confirmation;
}
