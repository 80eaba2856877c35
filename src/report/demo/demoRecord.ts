import type { Pictures } from "../record.ts";

/** Rates that receivers of one set reached, means as fractions. */
export interface DemoRates {
  readonly cta: number;
  readonly asr: number;
}

/** What the page of the demo shows, chapter by chapter. */
export interface DemoRecord {
  readonly title: string;
  readonly command: string;
  readonly created?: string;
  readonly versions: Readonly<Record<string, string | number>>;
  readonly seconds: number;
  readonly classNames: readonly string[];
  readonly set: {
    readonly clean: Pictures;
    readonly tampered: Pictures;
    readonly difference: { readonly amplification: number; readonly pictures: Pictures };
    readonly labels: readonly number[];
  };
  readonly raw: { readonly pictures: Pictures; readonly images: number };
  readonly distillation: string;
  readonly seal: { readonly fingerprint: string };
  readonly attack: {
    readonly title: string;
    readonly source: string;
    readonly trigger: string;
    readonly target: string;
  };
  readonly test: { readonly before: Pictures; readonly after: Pictures; readonly images: number };
  readonly receivers: {
    readonly networks: number;
    readonly width: number;
    readonly clean: DemoRates;
    readonly tampered: DemoRates;
    readonly repaired?: DemoRates;
  };
  readonly verification: {
    readonly failed: readonly { readonly title: string; readonly message: string }[];
    /** What lies between the sealed set and the received one. */
    readonly difference: string;
    readonly changed: number;
  };
  readonly audit: {
    readonly verdict: string;
    /** Whether it says that the set was tampered with; a suspect is named in any case. */
    readonly accused: boolean;
    readonly sentences: readonly string[];
    readonly suspect?: {
      readonly className: string;
      readonly images: readonly number[];
      readonly patch: Pictures;
      readonly place: string;
    };
    readonly seconds: number;
  };
  readonly repair?: {
    readonly before: Pictures;
    readonly after: Pictures;
    readonly added?: Pictures;
    readonly verdict: string;
    readonly sentences: readonly string[];
    readonly rounds: number;
    /** Whether the last audit speaks against somebody, or the found trigger works there still. */
    readonly left: boolean;
    readonly residue: readonly { readonly before: number; readonly after: number }[];
  };
}
