/** One column: where its text comes from and how it is set. */
export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number;
  /** Default: right where every cell is a number, left elsewhere. */
  readonly align?: "left" | "right";
}

/**
 * Set rows as aligned plain-text columns under a ruled heading.
 *
 * @returns lines joined by "\n", without trailing blanks; widths count terminal cells of non-combining characters.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map((column) => String(column.of(row))));
  const widths = columns.map((column, i) => Math.max(width(column.title), ...cells.map((line) => width(line[i]))));
  const right = columns.map(
    (column, i) =>
      (column.align ??
        (cells.length > 0 && cells.every((l) => /^[-+−±]?[\d.]/.test(l[i]) || l[i] === "") ? "right" : "left")) ===
      "right",
  );
  const set = (line: readonly string[]) =>
    line
      .map((text, i) =>
        right[i] ? " ".repeat(widths[i] - width(text)) + text : text + " ".repeat(widths[i] - width(text)),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((w) => "─".repeat(w)).join("  ");
  return [set(columns.map((column) => column.title)), rule, ...cells.map(set)].join("\n");
}

function width(text: string): number {
  return [...text.replace(/\p{M}/gu, "")].length;
}
