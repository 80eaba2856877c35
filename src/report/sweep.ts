/** Reports of sweeps: one record, many forms. */
import { cellsOf } from "./sweep/cells.ts";
import { concludeSweep, type SweepConclusion } from "./sweep/sweepConclusion.ts";
import { sweepData } from "./sweep/sweepData.ts";
import type { SweepRecord } from "./sweep/sweepRecord.ts";

export { renderSweepCsv } from "./sweep/csv.ts";
export { renderFrontier } from "./sweep/frontier.ts";
export { renderSweepLatex } from "./sweep/latex.ts";
export { leaderboard } from "./sweep/leaderboard.ts";
export { renderSweepMarkdown } from "./sweep/markdown.ts";
export { renderSweepHtml } from "./sweep/page.ts";
export { parseSweep, type SweepRecord } from "./sweep/sweepRecord.ts";

/**
 * Say how a sweep came out, in plain words.
 *
 * @example
 * const { sentences } = summariseSweep(parseSweep(JSON.parse(text)));
 */
export function summariseSweep(record: SweepRecord): SweepConclusion {
  const data = sweepData(record);
  return concludeSweep(data, cellsOf(data), record.planned);
}
