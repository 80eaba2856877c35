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
  /** Whether the last audit speaks against somebody. */
  readonly left: boolean;
  readonly findings: readonly {
    readonly className: string;
    readonly images: readonly number[];
    readonly place?: { readonly top: number; readonly left: number; readonly side: number };
    readonly trigger?: Pictures;
    /** Success before networks and pictures that took no part. */
    readonly before?: number;
    readonly after?: number;
  }[];
  readonly steps: readonly {
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
