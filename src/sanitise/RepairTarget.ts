import type { Patch } from "../audit/Patch.ts";

/** What an audit found and a repair takes away. */
export interface RepairTarget {
  readonly targetClass: number;
  /** Images of the class that carry it, rows of the set. */
  readonly images: readonly number[];
  /** The trigger and its place; absent where images share a detail that is no compact patch. */
  readonly patch?: Patch;
  /** It was repaired before, and calls its class still. */
  readonly again?: boolean;
}
