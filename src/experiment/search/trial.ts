import type { NetworkScore, Score } from "./score.ts";

const trialFormat = "retort-search-trial/1";

/** What became of one candidate at one length: `trials/ID.json` in the search's folder. */
export type SearchTrial = {
  readonly format: typeof trialFormat;
  readonly id: string;
  /** Id of the candidate. */
  readonly candidate: string;
  /** Updates that it got. */
  readonly steps: number;
  readonly seconds: { readonly attack: number; readonly score: number };
} & (
  | { readonly status: "ok"; readonly score: Score; readonly networks: readonly NetworkScore[] }
  | { readonly status: "failed"; readonly error: string }
);

export const trialFile = (id: string): string => `trials/${id}.json`;

export const trialOf = <T>(more: T): T & { readonly format: typeof trialFormat } => ({ format: trialFormat, ...more });

/** @returns undefined for a file that is not this trial: it is run again. */
export function parseTrial(bytes: Uint8Array, id: string): SearchTrial | undefined {
  const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<SearchTrial> | null;
  return value?.format === trialFormat && value.id === id ? (value as SearchTrial) : undefined;
}
