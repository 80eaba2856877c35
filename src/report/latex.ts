import { conclude } from "./conclusion.ts";
import type { RunRecord } from "./record.ts";
import { resultTable } from "./resultTable.ts";
import { latexTable } from "./sweep/latex.ts";

/** Write a run's results as a LaTeX table with the rules of booktabs, the conclusion in its caption. */
export function toLatex(record: RunRecord): string {
  const { head, rows } = resultTable(record);
  const { heading, sentences } = conclude(record);
  return latexTable({
    caption: `${record.title}. ${heading}. ${sentences.join(" ")}`,
    head,
    names: 1,
    rows: rows.map((row) => row.map((cell) => ({ text: String(cell) }))),
  });
}
