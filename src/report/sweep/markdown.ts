import { bare, counted, pValue } from "../../page/numbers.ts";
import { bold, cellText, commandBlock, markdownTable } from "../markdownTable.ts";
import { sweepAudits } from "./audits.ts";
import { auditNote, auditTable } from "./auditTable.ts";
import { cellsOf } from "./cells.ts";
import { conditionTable, tableNote } from "./conditionTable.ts";
import { differences } from "./differences.ts";
import { rise } from "./measures.ts";
import { concludeSweep } from "./sweepConclusion.ts";
import { sweepData } from "./sweepData.ts";
import type { SweepRecord } from "./sweepRecord.ts";

/** Chosen: what one reads of paired differences; the page has all. */
const mostDifferences = 25;

/**
 * Write a sweep as Markdown: the command, the conclusion, the conditions, the largest differences and what failed.
 *
 * @example
 * console.log(renderSweepMarkdown(parseSweep(JSON.parse(text))));
 */
export function renderSweepMarkdown(record: SweepRecord): string {
  const data = sweepData(record);
  const cells = cellsOf(data);
  const { heading, sentences } = concludeSweep(data, cells, record.planned);
  const { head, names, rows } = conditionTable(data.factors, cells);
  const marked = rows.map((row) => row.map(({ text, strong }) => (strong && text ? bold(text) : text)));
  return [
    `### ${cellText(record.title)}`,
    "",
    ...commandBlock(record.command),
    "",
    `${heading}. ${sentences.map(cellText).join(" ")}`,
    "",
    ...(cells.length > 0 ? [...markdownTable(head, marked, names), "", tableNote, ""] : []),
    ...auditLines(record),
    ...differenceLines(data.factors, cells),
    ...failureLines(record),
  ].join("\n");
}

function auditLines(record: SweepRecord): string[] {
  const audits = sweepAudits(record);
  if (!audits) return [];
  const { head, names, rows } = auditTable(audits);
  return ["What an audit finds:", "", ...markdownTable(head, rows, names), "", auditNote, ""];
}

function differenceLines(
  factors: Parameters<typeof differences>[1],
  cells: Parameters<typeof differences>[0],
): string[] {
  const all = differences(cells, factors, rise);
  if (all.length === 0) return [];
  const largest = [...all].sort((a, b) => Math.abs(b.test.mean) - Math.abs(a.test.mean)).slice(0, mostDifferences);
  const rows = largest.map(({ factor, from, to, within, conditions, test }) => [
    within === undefined ? factors[factor].name : `${factors[factor].name} (${within})`,
    factors[factor].values[from],
    factors[factor].values[to],
    conditions,
    test.n,
    `${bare(test.mean)}${Number.isFinite(test.low) ? ` (${bare(test.low)} … ${bare(test.high)})` : ""}`,
    test.corrected === undefined ? "" : pValue(test.corrected),
  ]);
  const shown =
    all.length > largest.length ? `The largest ${largest.length} of ${counted(all.length)} paired` : "Paired";
  return [
    `${shown} differences of the ${rise.title}, in points with their 95 % interval: averaged over the conditions that are equal in all other axes, never over architectures, tested over seeds, p Holm-corrected over all ${counted(all.length)}.`,
    "",
    ...markdownTable(["axis", "from", "to", "conditions", "seeds", "difference", "p"], rows, 3),
    "",
  ];
}

function failureLines({ trials }: SweepRecord): string[] {
  const failed = trials.flatMap((trial) => (trial.status === "failed" ? [trial] : []));
  if (failed.length === 0) return [];
  const rows = failed.map(({ id, axes, error }) => [
    id.slice(0, 10),
    Object.entries(axes)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
    error,
  ]);
  return ["Failed trials:", "", ...markdownTable(["trial", "axes", "error"], rows, 3), ""];
}
