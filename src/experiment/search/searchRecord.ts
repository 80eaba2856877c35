import type { SearchSpace } from "../../attack/Attack.ts";
import type { Run } from "../../run/Run.ts";
import { combinations } from "./candidates.ts";
import { type Halving, sharesOf } from "./halving.ts";
import type { RankedTrial, SearchResult } from "./runSearch.ts";
import type { ScoreOptions } from "./score.ts";

/** Complete options of the winner: `retort attack NAME SET --options FILE`. */
export const OPTIONS = "options.json";

export interface SearchRecord {
  readonly format: "retort-search/1";
  readonly attack: string;
  /** Digest of the set. */
  readonly set: string;
  readonly seed: number;
  readonly space: SearchSpace;
  readonly combinations: number;
  readonly candidates: number;
  readonly eta: number;
  /** Share of the full length that each rung gives. */
  readonly shares: readonly number[];
  readonly score: ScoreOptions;
  /** By rung, the last first; within one the best first. */
  readonly trials: readonly Omit<RankedTrial, "format">[];
  readonly best: { readonly candidate: string; readonly options: Readonly<Record<string, unknown>> };
}

/** Write what a search found: `search.json`, the winner's options, and `metrics.json` last. */
export async function writeSearch(
  run: Run,
  plan: { attack: string; set: string; seed: number; space: SearchSpace; halving: Halving; score: ScoreOptions },
  { trials, candidates, best }: SearchResult,
): Promise<SearchRecord> {
  const { halving, ...rest } = plan;
  const record: SearchRecord = {
    format: "retort-search/1",
    ...rest,
    combinations: combinations(plan.space),
    candidates,
    eta: halving.eta,
    shares: sharesOf(halving),
    trials: trials.map(({ format: _, ...trial }) => trial),
    best: { candidate: best.id, options: best.options },
  };
  await run.writeJson("search.json", record);
  // For people to pass on and to change: no digest.
  await run.write(OPTIONS, `${JSON.stringify(best.options, null, 2)}\n`);
  const [winner] = trials;
  await run.writeJson("metrics.json", {
    candidates,
    trials: trials.length,
    best: { candidate: best.id, ...(winner.status === "ok" && winner.score) },
  });
  await run.log("finish");
  return record;
}
