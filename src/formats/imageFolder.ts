import { DataError } from "../core/errors.ts";
import { archiveKind, openArchive } from "./archiveSource.ts";
import type { Finding, Format, ObjectInfo, Opened, ReadOptions, Source, SourceFile } from "./Format.ts";
import { jsonBeside } from "./jsonBeside.ts";
import { isAside } from "./junk.ts";
import { Budget } from "./limits.ts";
import { NotRecognised } from "./NotRecognised.ts";
import { headBytes, pictureKind } from "./pictures/decodePicture.ts";
import { type FolderLayout, layOut } from "./pictures/folderLayout.ts";
import { type LabelTable, parseAnnotations, parseLabelTable } from "./pictures/labelTable.ts";
import { readOwnSet, setFile } from "./pictures/ownFolder.ts";
import { stackPictures } from "./pictures/stackPictures.ts";
import { baseName, byteRange } from "./rawSet.ts";
import { looksLikePickle } from "./scan/looksLikePickle.ts";
import { tableText } from "./tableText.ts";
import { peekZip } from "./zip/peekZip.ts";

const who = "imageFolder";
/** Files whose first bytes are looked at before a folder counts as one of pictures. */
const PROBES = 16;
const maxTable = 256 * 2 ** 20;
/** Tables that are tried. */
const maxTables = 8;
/** What lies beside pictures and is none. */
const beside = /(\.(txt|csv|tsv|json|md|html?|ya?ml)|(^|\/)(license|readme|copying)[^/]*)$/i;
const pictureName = /\.(png|jpe?g|p[gp]m)$/i;

/** Class folders of PNG, JPEG or PPM pictures, a flat folder of named ones, and archives of either. */
export const imageFolder: Format = {
  title: "Folder or archive of pictures (RDED, SRe2L, D4M, Minimax, Tiny-ImageNet, torchvision ImageFolder)",
  source: "https://pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html",
  endings: [""],
  writesPixels: true,
  reads: ["split"],

  async detect(source) {
    const kind = await archiveKind(source);
    if (kind === "zip") {
      const names = ((await peekZip(source.files[0])) ?? []).filter(
        (name) => !isAside(name) && !beside.test(name) && !name.endsWith("/"),
      );
      const pictures = names.filter((name) => pictureName.test(name)).length;
      return names.length > 0 && pictures / names.length > 0.5 ? 0.8 : 0;
    }
    if (kind) return kind === "tar.gz" ? 0.5 : 0.55;
    if (!source.folder || source.files.length === 0) return 0;
    return (await pictureShare(source.files.filter((file) => !beside.test(file.path)))) >= 0.5 ? 0.85 : 0;
  },

  async read(source, options = {}): Promise<Opened> {
    const budget = new Budget(options.maxBytes);
    const folder = await openArchive(source, budget);
    const pictures = await listPictures(folder.files);
    if (pictures.length === 0)
      throw new NotRecognised(`${who}: missing picture: expected PNG, JPEG, PGM or PPM files, got none`);
    const tables = await readTables(folder, budget);
    const layout = layOut(
      pictures.map((file) => file.path),
      tables,
      options,
      who,
    );
    const opened = await readSet(folder, pictures, layout, options, budget, tables.strange);
    // Of an archive nobody else knows the files.
    const aside = folder === source ? [] : (folder.others ?? []);
    const records = { ...tables.csv?.records, ...(await jsonBeside(folder.files)) };
    const findings = folder === source ? opened.findings : [...(folder.findings ?? []), ...opened.findings];
    return { ...opened, findings, records, unread: [...(await unreadIn(folder, layout, tables)), ...aside] };
  },

  // Loaded where it is asked for: its packages take as long to load as all readers together.
  async write(set) {
    const { writeImageFolder } = await import("./pictures/writeImageFolder.ts");
    return writeImageFolder(set);
  },
};

/** Texts that may belong to the set count as unread where they are none: a name alone keeps no pickle from the scan. */
async function unreadIn(folder: Source, layout: FolderLayout, tables: Tables): Promise<SourceFile[]> {
  const pictures = new Set(layout.paths);
  const named = new Set(["words.txt", setFile]);
  const unread: SourceFile[] = [];
  for (const file of folder.files) {
    if (pictures.has(file.path)) continue;
    const isOurs = named.has(baseName(file.path)) || tables.paths.includes(file.path);
    if (!isOurs || file.size > maxTable || looksLikePickle(await file.read())) unread.push(file);
  }
  return unread;
}

async function readSet(
  folder: Source,
  pictures: readonly SourceFile[],
  layout: FolderLayout,
  options: ReadOptions,
  budget: Budget,
  strange: readonly string[],
): Promise<Opened> {
  const byPath = new Map(pictures.map((file) => [file.path, file]));
  const files = layout.paths.map((path) => byPath.get(path) as SourceFile);
  const { pixels, shape, findings } = await stackPictures(files, budget, who, options);
  findings.push(...(layout.findings ?? []));
  const objects: ObjectInfo[] = [{ path: folder.name, dtype: "uint8", shape, ...byteRange(pixels) }];
  if (!layout.labels) {
    const unlabelled: Finding = {
      severity: "warning",
      rule: "labels-missing",
      message: `Nothing says which class a picture belongs to: no class folders, no table of labels, no labels in the names.${strange.map((name) => ` The first row of ${name} names no column of files (file, path, id, …) and of labels (label, class, …).`).join("")}`,
    };
    return { format: "imageFolder", objects, findings: [...findings, unlabelled], normalisationBy: "pictures" };
  }
  const common = { name: folder.name, pixels, shape, labels: layout.labels, classes: layout.classes };
  const classNames = layout.classNames && (await properNames(folder, layout.classNames, budget));
  const raw = { kind: "labelled" as const, ...common, ...(classNames ? { classNames } : {}) };
  const own = await readOwnSet(folder, raw, layout.paths, budget, who);
  findings.push({ severity: "note", rule: "label-source", message: `Labels were taken from ${layout.basis}.` });
  return { format: "imageFolder", set: own ?? raw, objects, findings, normalisationBy: "pictures" };
}

/** Pictures by their first bytes; what bears a picture's name is taken at its word and refused later if it lied. */
async function listPictures(files: readonly SourceFile[]): Promise<SourceFile[]> {
  const pictures: SourceFile[] = [];
  for (const file of files) if (pictureName.test(file.path) || (await isPicture(file))) pictures.push(file);
  return pictures;
}

async function isPicture(file: SourceFile): Promise<boolean> {
  if (file.size < headBytes || beside.test(file.path)) return false;
  return pictureKind(await file.read(0, headBytes)) !== undefined;
}

async function pictureShare(files: readonly SourceFile[]): Promise<number> {
  const step = Math.max(1, Math.floor(files.length / PROBES));
  let [probed, found] = [0, 0];
  for (let i = 0; i < files.length; i += step, probed++) if (await isPicture(files[i])) found++;
  return probed === 0 ? 0 : found / probed;
}

interface Tables {
  readonly csv?: LabelTable;
  readonly annotations?: LabelTable;
  /** Files they were read from. */
  readonly paths: readonly string[];
  /** Tables of another kind. */
  readonly strange: readonly string[];
}

/** The table of labels: of several that have a file column and a label column the one that is named after labels. */
async function readTables(folder: Source, budget: Budget): Promise<Tables> {
  const annotations = folder.files.find((file) => baseName(file.path) === "val_annotations.txt");
  const paths = annotations ? [annotations.path] : [];
  const found = annotations ? { annotations: parseAnnotations(await text(annotations, budget), annotations.path) } : {};
  const strange: string[] = [];
  const isLabels = (file: SourceFile) => /labels?\.[ct]sv$/i.test(file.path);
  const tables = folder.files.filter((file) => /\.[ct]sv$/i.test(file.path));
  for (const file of [...tables.filter(isLabels), ...tables.filter((table) => !isLabels(table))].slice(0, maxTables)) {
    const name = baseName(file.path);
    const csv = parseLabelTable(await text(file, budget), name, file.path.slice(0, file.path.length - name.length));
    if (csv) return { ...found, csv, paths: [...paths, file.path], strange: [] };
    strange.push(file.path);
  }
  return { ...found, paths, strange };
}

/** WordNet ids → the first of their words, where the archive has `words.txt`. */
async function properNames(folder: Source, names: readonly string[], budget: Budget): Promise<readonly string[]> {
  const file = folder.files.find((candidate) => baseName(candidate.path) === "words.txt");
  if (!file || file.size > maxTable) return names;
  const words = new Map((await text(file, budget)).split(/\r?\n/).map((line) => line.split("\t") as [string, string]));
  return names.map((name) => words.get(name)?.split(",")[0].trim() || name);
}

async function text(file: SourceFile, budget: Budget): Promise<string> {
  if (file.size > maxTable)
    throw new DataError(`${who}: invalid size of ${file.path}: expected at most ${maxTable} bytes, got ${file.size}`);
  // A character takes two bytes, and the table about as much again.
  budget.charge(5 * file.size, who, file.path);
  return tableText(await file.read(), `${who}: ${file.path}`);
}
