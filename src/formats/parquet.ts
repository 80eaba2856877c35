import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { distilledFromPixels } from "../data/eightBit.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Format, ObjectInfo, Opened, SourceFile } from "./Format.ts";
import { softForm } from "./labels.ts";
import { Budget } from "./limits.ts";
import { memoryFile } from "./memorySource.ts";
import { type Footer, readFooter } from "./parquet/footer.ts";
import { hubClassNames, ownEntry } from "./parquet/hubMetadata.ts";
import { type Cell, readColumn } from "./parquet/readColumn.ts";
import { stackPictures } from "./pictures/stackPictures.ts";
import { byteRange, chooseSplit, naturalOrder, splitOf } from "./rawSet.ts";
import { canonicalFormat, readMetadata } from "./safetensors/setMetadata.ts";
import { isDeclaring, lastPart } from "./saysTampered.ts";
import { strictJson } from "./strictJson.ts";
import { unreadOf } from "./unreadOf.ts";
import { beginsWith } from "./zip/peekZip.ts";

const who = "parquet";
const magic = [0x50, 0x41, 0x52, 0x31];

/** Image hubs' tables: a column of pictures `{bytes, path}` and one of class indices. */
export const parquet: Format = {
  title: "Parquet with pictures as image hubs write it",
  source: "https://parquet.apache.org/docs/file-format/; https://huggingface.co/docs/hub/datasets-image",
  endings: [".parquet"],
  writesPixels: true,
  reads: ["split"],

  async detect(source) {
    return (await parquetFiles(source.files)).length > 0 ? 0.95 : 0;
  },

  async read(source, options = {}): Promise<Opened> {
    const files = await parquetFiles(source.files);
    if (files.length === 0) throw new DataError(`${who}: missing file: expected one that starts PAR1, got none`, 0);
    const split = chooseSplit(
      files.map((file) => splitOf(file.path)),
      options.split,
      who,
    );
    const chosen = files.filter((file) => split === undefined || splitOf(file.path) === split);
    const budget = new Budget(options.maxBytes);
    const footers: Footer[] = [];
    for (const file of chosen) footers.push(await readFooter(file, budget));
    const [first] = footers;
    const objects: ObjectInfo[] = first.columns.map((column) => ({
      path: column.path,
      dtype: column.type,
      shape: [footers.reduce((sum, footer) => sum + footer.rows, 0)],
    }));
    const pictures = first.columns.find(({ path, type }) => type === "bytes" && /(^|\.)bytes$/.test(path));
    const label = first.columns.find(
      ({ path, type }) => /^(fine_)?label$|^y$|^target$/.test(path) && /^int/.test(type),
    );
    const unread = unreadOf(source, files);
    const records = new Map<string, unknown>([
      ...footers.flatMap(({ metadata }) => [...metadata]),
      ...(await declaringColumns(chosen, footers, budget)),
    ]);
    if (!pictures || !label) return { format: "parquet", objects, findings: [], unread, records };
    const soft = first.columns.filter(({ path }) => /^y\d+$/.test(path)).map(({ path }) => path);
    const rows = await readRows(chosen, footers, [pictures.path, label.path, ...soft], budget);
    const [bytes, classes, ...columns] = rows;
    const { pixels, shape, findings } = await stackPictures(pictureFiles(bytes), budget, who, { jpeg: options.jpeg });
    objects.push({ path: `${pictures.path} (decoded)`, dtype: "uint8", shape, ...byteRange(pixels) });
    const labels = Int32Array.from(classes, (value, i) => classIndex(value, i));
    const names = hubClassNames(first.metadata, label.path);
    const raw: LabelledSet = {
      kind: "labelled",
      name: source.name,
      pixels,
      shape,
      labels,
      classes: Math.max(names?.length ?? 0, 1 + labels.reduce((a, b) => Math.max(a, b), -1)),
      ...(names ? { classNames: names } : {}),
    };
    const own = ownSet(first, raw, columns, budget);
    return { format: "parquet", set: own ?? raw, objects, findings, unread, records, normalisationBy: "pictures" };
  },

  // Loaded where it is asked for: its packages take as long to load as all readers together.
  async write(set) {
    const { writeParquet } = await import("./parquet/writeParquet.ts");
    return writeParquet(set);
  },
};

/** Columns whose name declares that rows were tampered with: a flag or a text for each. What is packed otherwise counts by its name. */
async function declaringColumns(
  files: readonly SourceFile[],
  footers: readonly Footer[],
  budget: Budget,
): Promise<[string, unknown][]> {
  const paths = footers[0].columns.map(({ path }) => path).filter((path) => isDeclaring(lastPart(path)));
  const columns: [string, unknown][] = [];
  for (const path of paths) {
    try {
      const [cells] = await readRows(files, footers, [path], budget);
      columns.push([path, cells.map((cell) => (cell instanceof Uint8Array ? new TextDecoder().decode(cell) : cell))]);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      columns.push([path, "(column)"]);
    }
  }
  return columns;
}

async function readRows(
  files: readonly SourceFile[],
  footers: readonly Footer[],
  paths: readonly string[],
  budget: Budget,
) {
  const rows: Cell[][] = paths.map(() => []);
  for (const [i, footer] of footers.entries()) {
    for (const [k, path] of paths.entries()) {
      const index = footer.columns.findIndex((column) => column.path === path);
      if (index < 0) throw new DataError(`${who}: ${files[i].path}: missing column ${path} that the first file has`);
      for (const group of footer.groups) {
        const cells = await readColumn(files[i], footer.columns[index], group.chunks[index], budget);
        if (cells.length !== group.rows)
          throw new DataError(`${who}: invalid column ${path}: expected ${group.rows} values, got ${cells.length}`);
        for (const cell of cells) rows[k].push(cell);
      }
    }
  }
  return rows;
}

function pictureFiles(cells: readonly Cell[]): SourceFile[] {
  return cells.map((cell, i) => {
    if (!(cell instanceof Uint8Array))
      throw new DataError(`${who}: missing picture in row ${i}: expected its bytes in the table, got none`);
    return memoryFile(`row ${i}`, cell);
  });
}

function classIndex(cell: Cell, row: number): number {
  if (typeof cell === "number" && Number.isInteger(cell) && cell >= 0 && cell < 2 ** 24) return cell;
  throw new DataError(`${who}: invalid label in row ${row}: expected a class index below 2^24, got ${String(cell)}`);
}

/** A table that we wrote says so in its text entries, and is the distilled set it was. */
function ownSet(
  footer: Footer,
  raw: LabelledSet,
  columns: readonly Cell[][],
  budget: Budget,
): DistilledSet | undefined {
  const entry = footer.metadata.get(ownEntry);
  if (entry === undefined) return undefined;
  const entries = strictJson(entry, who);
  if (!(entries instanceof Map) || entries.get("format") !== canonicalFormat) return undefined;
  for (const value of entries.values())
    if (typeof value !== "string") throw new DataError(`${who}: invalid entry ${ownEntry}: expected texts, got others`);
  const meta = readMetadata(entries as ReadonlyMap<string, string>, new Map());
  if (meta.parts.normalisation?.kind !== "unit")
    throw new DataError(`${who}: invalid entry ${ownEntry}: expected the normalisation unit, got another`);
  budget.charge(4 * raw.pixels.length, who, "images as floats");
  const { classNames: _, ...set } = distilledFromPixels(raw, meta.parts.metadata ?? {});
  const classes = Math.max(raw.classes, meta.classes ?? 0);
  const { name = raw.name, classNames } = meta.parts;
  const own = { ...set, name, classes, ...(classNames ? { classNames } : {}) };
  if (columns.length === 0) return own;
  if (columns.length !== classes)
    throw new DataError(`${who}: invalid labels: expected columns y0 … y${classes - 1}, got ${columns.length}`);
  const values = new Float32Array(raw.shape[0] * classes);
  for (const [k, column] of columns.entries())
    for (const [i, cell] of column.entries()) values[i * classes + k] = typeof cell === "number" ? cell : Number.NaN;
  return { ...own, labels: { kind: "soft", values, form: meta.form ?? softForm(values, classes) } };
}

async function parquetFiles(files: readonly SourceFile[]): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  for (const file of naturalOrder(files))
    if ((await beginsWith(file, magic)) && (await beginsWith(file, magic, file.size - 4))) found.push(file);
  return found;
}
