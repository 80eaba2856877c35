import { cellsOf } from "./cells.ts";
import { conditionTable, tableNote } from "./conditionTable.ts";
import { sweepData } from "./sweepData.ts";
import type { SweepRecord } from "./sweepRecord.ts";

/** Chosen: what fits on one page of a paper; longer tables break over pages. */
const onePage = 40;

/** A table as rows of cells. */
export interface LatexTable {
  readonly caption: string;
  readonly head: readonly string[];
  /** How many columns from the left hold names. */
  readonly names: number;
  readonly rows: readonly (readonly { readonly text: string; readonly strong?: boolean }[])[];
}

/**
 * Write the conditions of a sweep as a LaTeX table with the rules of booktabs.
 *
 * Needs `\usepackage{booktabs}`, and `longtable` beyond 40 conditions; the first line says so.
 *
 * @example
 * const table = renderSweepLatex(parseSweep(JSON.parse(text)));
 */
export function renderSweepLatex(record: SweepRecord): string {
  const data = sweepData(record);
  const { head, names, rows } = conditionTable(data.factors, cellsOf(data));
  return latexTable({ caption: `${record.title}. ${tableNote}`, head, names, rows });
}

/** Write a table with the rules of booktabs. */
export function latexTable({ caption: title, head, names, rows }: LatexTable): string {
  const long = rows.length > onePage;
  const line = (cells: readonly string[]) => `${cells.join(" & ")} \\\\`;
  const heading = line(head.map(latexText));
  const body = rows.map((row) =>
    line(row.map(({ text, strong }) => (strong && text ? `\\textbf{${latexText(text)}}` : latexText(text)))),
  );
  const columns = `${"l".repeat(names)}${"r".repeat(head.length - names)}`;
  const caption = `\\caption{${latexText(title)}}`;
  const lines = long
    ? [
        `\\begin{longtable}{${columns}}`,
        `${caption} \\\\`,
        "\\toprule",
        heading,
        "\\midrule",
        "\\endfirsthead",
        "\\toprule",
        heading,
        "\\midrule",
        "\\endhead",
        "\\bottomrule",
        "\\endfoot",
        ...body,
        "\\end{longtable}",
      ]
    : [
        "\\begin{table}",
        "\\centering",
        caption,
        `\\begin{tabular}{${columns}}`,
        "\\toprule",
        heading,
        "\\midrule",
        ...body,
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
      ];
  return [`% \\usepackage{booktabs${long ? ",longtable" : ""}}`, ...lines, ""].join("\n");
}

const special: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "$<$",
  ">": "$>$",
  "|": "\\textbar{}",
  '"': "''",
  "±": "$\\pm$",
  "−": "$-$",
  "…": "\\dots{}",
  "’": "'",
};

/** Keep a text inside its cell and out of the markup. */
export function latexText(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\~^<>|"±−…’&%$#_{}]/g, (character) => special[character] ?? `\\${character}`);
}
