import { conclude } from "./conclusion.ts";
import { columns, groups, summaryOf } from "./conditions.ts";
import { cellText, commandBlock, markdownTable } from "./markdownTable.ts";
import { meanAndDeviation } from "./numbers.ts";
import type { RunRecord } from "./record.ts";

/** Write a record's results as a Markdown table under the command that made them, with the conclusion below. */
export function toMarkdown(record: RunRecord): string {
  const shown = columns.filter((column) => summaryOf(record.results, column));
  const head = ["network", "epochs", "n", ...shown.map(({ title }) => title)];
  const rows = groups(record.results).map(({ network, epochs, results }) => [
    network,
    epochs,
    new Set(results.map((result) => result.seed)).size,
    ...shown.map((column) => {
      const summary = summaryOf(results, column);
      return summary ? meanAndDeviation(summary) : "";
    }),
  ]);
  const { heading, sentences } = conclude(record);
  return [
    `### ${cellText(record.title)}`,
    "",
    ...commandBlock(record.command),
    "",
    ...markdownTable(head, rows),
    "",
    `${heading}. ${sentences.map(cellText).join(" ")}`,
    "",
  ].join("\n");
}
