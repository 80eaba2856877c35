import { DataError } from "../../../core/errors.ts";

/** Which label each picture has, as a table beside the pictures says. */
export interface LabelTable {
  /** Key (path, name, or name without extension) → label as it is written. */
  readonly labels: ReadonlyMap<string, string>;
  /** Key → soft label row, where the table has columns y0 … y(K−1). */
  readonly soft?: ReadonlyMap<string, readonly number[]>;
}

const keyColumns = ["file", "path", "filename", "file_name", "image", "id", "name"];
const labelColumns = ["label", "class", "target", "category"];
const maxRows = 4_000_000;

/**
 * Parse a comma-separated table with a header that names a file column and a label column.
 *
 * @returns undefined if the header does not: then it is some other table.
 * @throws DataError if a row has another number of cells than the header.
 */
export function parseLabelTable(text: string, who: string): LabelTable | undefined {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  if (lines.length > maxRows) throw new DataError(`${who}: invalid table: expected at most ${maxRows} rows, got more`);
  const header = cells(lines[0] ?? "").map((cell) => cell.trim().toLowerCase());
  const key = header.findIndex((name) => keyColumns.includes(name));
  const label = header.findIndex((name) => labelColumns.includes(name));
  if (key < 0 || label < 0) return undefined;
  const first = header.indexOf("y0");
  const columns = first < 0 ? 0 : header.length - first;
  const labels = new Map<string, string>();
  const soft = new Map<string, readonly number[]>();
  for (let i = 1; i < lines.length; i++) {
    if (lines[i].trim() === "") continue;
    const row = cells(lines[i]);
    if (row.length !== header.length)
      throw new DataError(`${who}: invalid row ${i + 1}: expected ${header.length} cells, got ${row.length}`);
    if (labels.has(row[key]))
      throw new DataError(`${who}: invalid row ${i + 1}: expected each file once, got one twice`);
    labels.set(row[key], row[label].trim());
    if (columns > 0) soft.set(row[key], row.slice(first).map(number(who, i + 1)));
  }
  return columns > 0 ? { labels, soft } : { labels };
}

/** Parse Tiny-ImageNet's `val_annotations.txt`: name, class and box, separated by tabs. */
export function parseAnnotations(text: string, who: string): LabelTable {
  const labels = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === "") continue;
    const [name, label] = line.split("\t");
    if (!name || !label) throw new DataError(`${who}: invalid row ${i + 1}: expected a name and a class, got fewer`);
    labels.set(name, label);
  }
  return { labels };
}

/** Find a picture in a table by its path, its name, or its name without extension. */
export function find<T>(table: ReadonlyMap<string, T>, path: string): T | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return table.get(path) ?? table.get(name) ?? table.get(dot > 0 ? name.slice(0, dot) : name);
}

/** Quote a cell where it needs it (RFC 4180). */
export function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Split a line at commas outside quotes. */
function cells(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  const out: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (c === '"' && quoted && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === "," && !quoted) {
      out.push(cell);
      cell = "";
    } else cell += c;
  }
  out.push(cell);
  return out;
}

function number(who: string, row: number): (cell: string) => number {
  return (cell) => {
    const value = cell.trim() === "" ? Number.NaN : Number(cell);
    if (!Number.isFinite(value))
      throw new DataError(`${who}: invalid row ${row}: expected numbers, got ${JSON.stringify(cell)}`);
    return value;
  };
}
