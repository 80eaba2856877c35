import { NotRecognised } from "../NotRecognised.ts";
import { isDeclaring } from "../saysTampered.ts";
import { csvRows } from "./csvRows.ts";

/** Which label each picture has, as a table beside the pictures says. */
export interface LabelTable {
  /** Path or name as it stands in the table, with "/" and without "./" → label as it is written. */
  readonly labels: ReadonlyMap<string, string>;
  /** Same keys → soft label row, where the table has columns y0 … y(K−1). */
  readonly soft?: ReadonlyMap<string, readonly number[]>;
  /** Paths whose rows have no label: an empty cell, or a number below 0 among class numbers. */
  readonly unlabelled: ReadonlySet<string>;
  /** Columns whose names declare that pictures were tampered with, cell by cell. */
  readonly records: Readonly<Record<string, readonly string[]>>;
  /** Folder of the table in the source, "" or ending with "/": paths in it may start there. */
  readonly folder: string;
}

const keyColumns = [
  "file",
  "path",
  "filename",
  "file_name",
  "filepath",
  "file_path",
  "image",
  "image_path",
  "img",
  "id",
  "name",
];
const labelColumns = ["label", "class", "target", "category", "class_id", "label_id", "class_name"];
const maxRows = 4_000_000;

/**
 * Parse a table with a header that names a file column and a label column: commas, semicolons, tabs or bars between cells.
 *
 * @returns undefined if the header does not: then it is some other table.
 * @throws NotRecognised, a DataError, if a row has another number of cells than the header, or a file stands in two rows: a table that a
 * person has to look at breaks no rule of a format.
 */
export function parseLabelTable(text: string, who: string, folder = ""): LabelTable | undefined {
  const { rows, delimiter } = csvRows(text.replace(/^\ufeff/, ""), maxRows);
  if (rows.length > maxRows)
    throw new NotRecognised(`${who}: invalid table: expected at most ${maxRows} rows, got more`);
  const header = (rows[0] ?? []).map((cell) => cell.trim().toLowerCase());
  const key = header.findIndex((name) => keyColumns.includes(name));
  const label = header.findIndex((name) => labelColumns.includes(name));
  if (key < 0 || label < 0) return undefined;
  const first = header.indexOf("y0");
  const columns = first < 0 ? 0 : header.length - first;
  const labels = new Map<string, string>();
  const soft = new Map<string, readonly number[]>();
  const seen = new Map<string, string>();
  for (const [i, row] of rows.entries()) {
    if (i === 0) continue;
    if (row.length !== header.length)
      throw new NotRecognised(`${who}: invalid row ${i + 1}: expected ${header.length} cells, got ${row.length}`);
    const path = plainPath(row[key]);
    const whole = JSON.stringify(row);
    if (seen.get(path) === whole) continue;
    if (seen.has(path))
      throw new NotRecognised(
        `${who}: invalid row ${i + 1}: expected each file once, got ${JSON.stringify(path)} twice`,
      );
    seen.set(path, whole);
    labels.set(path, row[label].trim());
    if (columns > 0) soft.set(path, row.slice(first).map(number(who, i + 1, delimiter)));
  }
  const plain = wholeNumbers(labels);
  const unlabelled = withoutLabel(plain);
  for (const path of unlabelled) plain.delete(path);
  const declaring = [...header.entries()].filter(([, name]) => isDeclaring(name));
  const records = Object.fromEntries(declaring.map(([i, name]) => [name, rows.slice(1).map((row) => row[i])]));
  return { labels: plain, unlabelled, records, folder, ...(columns > 0 ? { soft } : {}) };
}

/** Parse Tiny-ImageNet's `val_annotations.txt`: name, class and box, separated by tabs. */
export function parseAnnotations(text: string, who: string): LabelTable {
  const labels = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === "") continue;
    const [name, label] = line.split("\t");
    if (!name || !label)
      throw new NotRecognised(`${who}: invalid row ${i + 1}: expected a name and a class, got fewer`);
    labels.set(name, label);
  }
  return { labels, unlabelled: new Set(), records: {}, folder: "" };
}

/** Find the row of a picture: by its path in the source or below the table, its name, or its name without extension. */
export function rowOf(rows: ReadonlyMap<string, unknown>, folder: string, path: string): string | undefined {
  const plain = path.normalize("NFC");
  const below = folder !== "" && plain.startsWith(folder) ? plain.slice(folder.length) : plain;
  const name = plain.slice(plain.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return [plain, below, name, dot > 0 ? name.slice(0, dot) : name].find((candidate) => rows.has(candidate));
}

/** What a table says of a picture. */
export function find<T>(rows: ReadonlyMap<string, T>, path: string, folder = ""): T | undefined {
  const row = rowOf(rows, folder, path);
  return row === undefined ? undefined : rows.get(row);
}

/** Slashes as here, no "./" at the beginning, one Unicode form. */
function plainPath(cell: string): string {
  return cell
    .trim()
    .replaceAll("\\", "/")
    .replace(/^(\.\/+)+/, "")
    .normalize("NFC");
}

/** Rows without a label. Tables of class numbers write −1 for none; taken as a name it would move all other classes by one. */
function withoutLabel(labels: ReadonlyMap<string, string>): Set<string> {
  const rows = [...labels];
  const isNumbered = rows.every(([, label]) => label === "" || /^-?\d+$/.test(label));
  return new Set(
    rows.flatMap(([path, label]) => (label === "" || (isNumbered && label.startsWith("-")) ? [path] : [])),
  );
}

/** Spreadsheets turn class 3 into 3.0: where all labels are such numbers, the zeros go. */
function wholeNumbers(labels: Map<string, string>): Map<string, string> {
  const all = [...labels.values()];
  if (!all.every((label) => /^(-?\d+([.,]0+)?)?$/.test(label))) return labels;
  return new Map([...labels].map(([path, label]) => [path, label.replace(/[.,]0+$/, "")]));
}

/** A number; with a comma for its point where commas do not part cells. */
function number(who: string, row: number, delimiter: string): (cell: string) => number {
  return (cell) => {
    const text = delimiter === "," ? cell.trim() : cell.trim().replace(",", ".");
    const value = text === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value))
      throw new NotRecognised(`${who}: invalid row ${row}: expected numbers, got ${JSON.stringify(cell)}`);
    return value;
  };
}
