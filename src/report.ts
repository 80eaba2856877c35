/**
 * Reports as pure functions of records: pages, Markdown, LaTeX, CSV, figures.
 *
 * @packageDocumentation
 */
export { type AttackVerdict, type Conclusion, conclude } from "./report/conclusion.ts";
export { toMarkdown } from "./report/markdown.ts";
export { renderHtml } from "./report/page.ts";
export { parseRecord, type RunRecord } from "./report/record.ts";
export type { FrontierOptions } from "./report/sweep/frontier.ts";
export type { SweepPageOptions } from "./report/sweep/page.ts";
export type { SweepConclusion } from "./report/sweep/sweepConclusion.ts";
export {
  parseSweep,
  renderFrontier,
  renderSweepCsv,
  renderSweepHtml,
  renderSweepLatex,
  renderSweepMarkdown,
  type SweepRecord,
  summariseSweep,
} from "./report/sweep.ts";
