import { conclude } from "./conclusion.ts";
import { asrConditions, type Condition, ctaConditions, groups, summaryOf } from "./conditions.ts";
import { meanAndDeviation } from "./numbers.ts";
import type { RunRecord } from "./record.ts";

const columns: readonly { title: string; condition: Condition }[] = [
  { title: "CTA before", condition: ctaConditions[0] },
  { title: "CTA after", condition: ctaConditions[1] },
  { title: "ASR", condition: asrConditions[0] },
  { title: "clean set, trigger", condition: asrConditions[1] },
  { title: "no trigger", condition: asrConditions[2] },
  { title: "random trigger", condition: asrConditions[3] },
  {
    title: "archetype-ASR",
    condition: { id: "archetypes", tone: 0, label: "", set: "tampered", of: (r) => r.archetypeAsr },
  },
  { title: "RA", condition: { id: "ra", tone: 0, label: "", set: "tampered", of: (r) => r.ra } },
];

/** Write a record's results as a Markdown table under the command that made them, with the conclusion below. */
export function toMarkdown(record: RunRecord): string {
  const shown = columns.filter(({ condition }) => summaryOf(record.results, condition));
  const head = ["network", "epochs", "n", ...shown.map(({ title }) => title)];
  const rows = groups(record.results).map(({ network, epochs, results }) => [
    network,
    epochs,
    new Set(results.map((result) => result.seed)).size,
    ...shown.map(({ condition }) => {
      const summary = summaryOf(results, condition);
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
