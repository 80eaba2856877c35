import { conclude } from "./conclusion.ts";
import { cellText, commandBlock, markdownTable } from "./markdownTable.ts";
import type { RunRecord } from "./record.ts";
import { resultTable } from "./resultTable.ts";

/**
 * Write a record's results as a Markdown table under the command that made them, with the conclusion below.
 *
 * @example
 * console.log(toMarkdown(parseRecord(JSON.parse(text))));
 */
export function toMarkdown(record: RunRecord): string {
  const { head, rows } = resultTable(record);
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
