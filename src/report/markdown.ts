import { conclude } from "./conclusion.ts";
import { columns, groups, summaryOf } from "./conditions.ts";
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
  const line = (cells: readonly unknown[]) => `| ${cells.map((cell) => cellText(String(cell))).join(" | ")} |`;
  const { heading, sentences } = conclude(record);
  return [
    `### ${cellText(record.title)}`,
    "",
    "```sh",
    record.command.replace(/[\r\n`]/g, " "),
    "```",
    "",
    line(head),
    line(head.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...rows.map(line),
    "",
    `${heading}. ${sentences.map(cellText).join(" ")}`,
    "",
  ].join("\n");
}

/** Keep a text inside its cell and out of the markup. */
function cellText(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/[|<>\\`*_[\]]/g, (character) => `\\${character}`);
}
