/** A table as spreadsheets write it: rows of cells, and how they were told apart. */
export interface CsvTable {
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
}

const delimiters = [",", ";", "\t", "|"];

/**
 * Cut a table into cells: quoted cells may hold delimiters, quotes and line feeds (RFC 4180). The delimiter is the one that cuts the first
 * row into most cells; a first line `sep=;`, as Excel writes it, says it.
 *
 * @param most rows; what follows is left out, so that the caller sees one row too many.
 */
export function csvRows(text: string, most: number): CsvTable {
  const said = /^sep=(.)\r?\n/.exec(text);
  const body = said ? text.slice(said[0].length) : text;
  const first = body.slice(0, body.search(/[\r\n]|$/));
  const count = (delimiter: string) => cut(first, delimiter, 1)[0]?.length ?? 0;
  const delimiter = said?.[1] ?? delimiters.reduce((best, next) => (count(next) > count(best) ? next : best));
  return { rows: cut(body, delimiter, most + 1), delimiter };
}

function cut(text: string, delimiter: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length && rows.length < most) {
    const { cell, end } = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at, delimiter);
    row.push(cell);
    at = end;
    if (text[at] === delimiter) {
      at++;
      if (at < text.length) continue;
      row.push("");
    }
    if (row.length > 1 || row[0].trim() !== "") rows.push(row);
    row = [];
    at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
  }
  return rows;
}

function plainCell(text: string, start: number, delimiter: string): { cell: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++;
  return { cell: text.slice(start, end), end };
}

/** Up to the closing quote; a doubled quote is one. What stands between it and the next delimiter belongs to the cell too. */
function quotedCell(text: string, start: number): { cell: string; end: number } {
  const parts: string[] = [];
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { cell: parts.join("") + text.slice(at), end: text.length };
    parts.push(text.slice(at, quote));
    at = quote + 1;
    if (text[at] !== '"') return { cell: parts.join(""), end: at };
    parts.push('"');
    at++;
  }
}

/** Quote a cell where it needs it (RFC 4180). */
export function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
