import type { Cell, Rows } from "./sweepRows.ts";

/** Comma-separated values (RFC 4180): a heading, then the rows; what is missing is empty. */
export function toCsv({ columns, rows }: Rows): string {
  return [columns, ...rows].map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

function quoted(cell: Cell): string {
  const text = cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
