import type { Pictures } from "../record.ts";

/** What the page of a repair shows. Rates are fractions. */
export interface SanitiseRecord {
  readonly title: string;
  readonly command: string;
  readonly created?: string;
  readonly versions: Readonly<Record<string, string | number>>;
  /** SHA-256 of the set before and after. */
  readonly digests: { readonly before: string; readonly after: string };
  readonly verdicts: {
    readonly before: { readonly verdict: string; readonly sentences: readonly string[] };
    readonly after?: { readonly verdict: string; readonly sentences: readonly string[] };
  };
  /** Whether the last audit speaks against somebody, or a found trigger works there still. */
  readonly left: boolean;
  /** What each audit after a repair said, and the classes of the found triggers that beat their controls there still. */
  readonly rounds: readonly { readonly verdict?: string; readonly works: readonly string[] }[];
  readonly findings: readonly {
    /** The repair that it led to, from 1 on, and whether one before had repaired it already. */
    readonly round: number;
    readonly again: boolean;
    readonly className: string;
    readonly images: readonly number[];
    readonly place?: { readonly top: number; readonly left: number; readonly side: number };
    readonly trigger?: Pictures;
    /** Success before networks and pictures that took no part. */
    readonly before?: number;
    readonly after?: number;
  }[];
  readonly steps: readonly {
    readonly round: number;
    readonly repair: string;
    readonly title: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly changed: number;
    readonly removed: number;
    readonly added: number;
  }[];
  /** Share of the untouched images that networks call what they are labelled. */
  readonly learnt?: { readonly before: number; readonly after: number };
  /** Images that changed, before and after, and those that were added. */
  readonly images: { readonly before?: Pictures; readonly after?: Pictures; readonly added?: Pictures };
  readonly sizes: { readonly before: number; readonly after: number };
  /** Receivers on real images, where somebody gave some. */
  readonly measured?: {
    readonly data: string;
    readonly images: number;
    readonly networks: number;
    readonly rows: readonly { readonly name: string; readonly cta: number; readonly asr?: number }[];
  };
}
