import { extent } from "../../core/extent.ts";
import type { Finding } from "../Format.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { baseName, chooseSplit, compareNatural, type Split, splitOf } from "../rawSet.ts";
import { find, type LabelTable, rowOf } from "./labelTable.ts";
import { bareFindings, folderFindings, pathFindings, tableFindings } from "./layoutFindings.ts";

/** Which pictures make the set, in order, and the class of each. */
export interface FolderLayout {
  /** Paths as in the source. */
  readonly paths: readonly string[];
  /** Class of each, or undefined where nothing says it. */
  readonly labels?: Int32Array<ArrayBuffer>;
  /** Names of the classes; absent where they are plain numbers. */
  readonly classNames?: readonly string[];
  readonly classes: number;
  /** What the labels were taken from, for people. */
  readonly basis: string;
  /** What other programs or the table beside the pictures see otherwise. */
  readonly findings?: readonly Finding[];
}

/** Class numbers above this are identifiers of another kind. */
const maxClassNumber = 65_536;

/**
 * Settle the labels of pictures from their paths, by the first rule that fits:
 *
 * 1. a table beside them (`labels.csv`, `trainLabels.csv`) that names them;
 * 2. Tiny-ImageNet's validation half: `val_annotations.txt`;
 * 3. folders: each folder is a class, `train/` and `test/` or `val/` above them are halves. Names that are a number behind
 *    a common prefix (`00003`, `new003`, `3`) are the class; other names are sorted and counted, as torchvision's
 *    ImageFolder does;
 * 4. a flat folder of `name_index_label.png`.
 *
 * @throws NotRecognised if a flat folder mixes several sets; UsageError if the split asked for is not there.
 */
export function layOut(
  all: readonly string[],
  tables: { readonly csv?: LabelTable; readonly annotations?: LabelTable },
  options: { readonly split?: Split },
  who: string,
): FolderLayout {
  const sorted = [...all].sort(compareNatural);
  const { csv, annotations } = tables;
  if (csv) {
    const named = sorted.filter((path) => find(csv.labels, path, csv.folder) !== undefined);
    if (named.length > 0) {
      const used = new Set(named.map((path) => rowOf(csv.labels, csv.folder, path)));
      const bare = new Map([...csv.unlabelled].map((row) => [row, row]));
      const left = sorted.filter((path) => find(csv.labels, path, csv.folder) === undefined);
      const isBare = (path: string) => find(bare, path, csv.folder) !== undefined;
      const orphans = left.filter((path) => !isBare(path));
      const unused = [...csv.labels.keys()].filter((row) => !used.has(row));
      const findings = [...tableFindings(orphans, unused, left.filter(isBare)), ...pathFindings(named)];
      return { ...byTable(named, csv, who), findings };
    }
  }
  const useless = csv ? tableFindings([], [...csv.labels.keys()]) : [];
  const layout = byPlace(sorted, annotations, options, who);
  return { ...layout, findings: [...useless, ...(layout.findings ?? [])] };
}

/** Labels by folders and names, where no table has them. */
function byPlace(
  sorted: readonly string[],
  annotations: LabelTable | undefined,
  options: { readonly split?: Split },
  who: string,
): FolderLayout {
  const strip = commonFolders(sorted);
  const parts = new Map(sorted.map((path) => [path, path.split("/").slice(strip)]));
  const halves = new Map(sorted.map((path) => [path, halfOf(parts.get(path) as string[])]));
  const deep = sorted.filter((path) => (parts.get(path) as string[]).length > 1);
  if (deep.length === 0) return annotations ? byTable(sorted, annotations, who) : flat(sorted, who);
  // A split counts only if every folder at the top is one: a class may well be called "test".
  const halved = sorted.every((path) => halves.get(path) !== undefined);
  const folderOf = (path: string) => classFolder(parts.get(path) as string[], halved);
  const split = halved ? chooseSplit([...halves.values()], options.split, who) : undefined;
  const halfOnly = sorted.filter((path) => split === undefined || halves.get(path) === split);
  const annotated = (path: string) => annotations && find(annotations.labels, path);
  const nameOf = (path: string) => annotated(path) ?? folderOf(path);
  // Tiny-ImageNet's `test` has no labels; its `val` is what is tested on.
  const bare = halfOnly.some(annotated) ? halfOnly.filter((path) => nameOf(path) === undefined) : [];
  const left = new Set(bare);
  const chosen = halfOnly.filter((path) => !left.has(path));
  const names = [...new Set(sorted.map(nameOf))].filter((name) => name !== undefined);
  if (names.length < 2 || chosen.some((path) => nameOf(path) === undefined)) return flat(chosen, who);
  const basis = chosen.some(annotated) ? "val_annotations.txt" : "folder names";
  const layout = classify(
    chosen,
    chosen.map((path) => nameOf(path) as string),
    names,
    basis,
  );
  const folders = basis === "folder names" ? folderFindings(names, layout.indexOf) : [];
  return {
    ...layout,
    findings: [...bareFindings(bare), ...folders, ...(folders.some(isCollision) ? [] : pathFindings(chosen))],
  };
}

function isCollision({ rule }: Finding): boolean {
  return rule === "class-names-collide";
}

function byTable(paths: readonly string[], table: LabelTable, who: string): FolderLayout {
  const given = paths.map((path) => find(table.labels, path, table.folder) ?? "");
  const order = new Map([...table.labels.keys()].map((name, i) => [name, i]));
  const rank = (path: string) => find(order, path, table.folder) as number;
  const sorted = [...paths].sort((a, b) => rank(a) - rank(b));
  const names = [...new Set(given)].sort(compareNatural);
  if (names.some((name) => name === "")) throw new NotRecognised(`${who}: invalid table: expected a label in each row`);
  return classify(
    sorted,
    sorted.map((path) => find(table.labels, path, table.folder) as string),
    names,
    "the table of labels",
  );
}

/** Name → class number for every picture. */
function classify(paths: readonly string[], given: readonly string[], names: readonly string[], basis: string) {
  const numbers = numbered(names);
  const ranked = [...names].sort();
  const index = new Map(names.map((name) => [name, numbers ? numbers(name) : 0]));
  if (!numbers) for (const [i, name] of ranked.entries()) index.set(name, i);
  const labels = Int32Array.from(given, (name) => index.get(name) as number);
  const classes = 1 + extent(index.values()).max;
  const indexOf = (name: string) => index.get(name) as number;
  return { paths, labels, classes, basis, indexOf, ...(numbers ? {} : { classNames: ranked }) };
}

/** If all names are a number behind one common prefix: the function that reads it. WordNet ids are no numbers. */
function numbered(names: readonly string[]): ((name: string) => number) | undefined {
  const parsed = names.map((name) => /^(\D*)(\d{1,9})$/.exec(name));
  const prefix = parsed[0]?.[1];
  if (parsed.some((match) => !match || match[1] !== prefix || Number(match[2]) >= maxClassNumber)) return undefined;
  if (names.every((name) => /^n\d{8}$/.test(name))) return undefined;
  const values = parsed.map((match) => Number((match as RegExpExecArray)[2]));
  if (new Set(values).size !== values.length) return undefined;
  return (name) => Number(/(\d+)$/.exec(name)?.[1]);
}

/** `cifar10_07_6.png` → class 6. One name before the numbers, else several sets lie in one folder. */
function flat(paths: readonly string[], who: string): FolderLayout {
  const parsed = paths.map((path) => /^(.+)_(\d+)_(\d{1,5})\.[A-Za-z]+$/.exec(baseName(path)));
  if (parsed.length === 0 || parsed.some((match) => match === null)) return { paths, classes: 0, basis: "nothing" };
  const sets = [...new Set(parsed.map((match) => (match as RegExpExecArray)[1]))];
  if (sets.length > 1)
    throw new NotRecognised(
      `${who}: invalid folder: expected pictures of one set, got ${sets.length} (${sets.slice(0, 5).join(", ")}); name the files of one, such as ${sets[0]}_*.png`,
    );
  const labels = Int32Array.from(parsed, (match) => Number((match as RegExpExecArray)[3]));
  return { paths, labels, classes: 1 + labels.reduce((a, b) => Math.max(a, b), 0), basis: "file names" };
}

/** How many folders all paths share at the top. */
function commonFolders(paths: readonly string[]): number {
  if (paths.length === 0) return 0;
  let shared = paths[0].split("/").slice(0, -1);
  for (const path of paths) {
    const parts = path.split("/").slice(0, -1);
    let same = 0;
    while (same < shared.length && same < parts.length && parts[same] === shared[same]) same++;
    shared = shared.slice(0, same);
  }
  return shared.length;
}

function halfOf(parts: readonly string[]): Split | undefined {
  return parts.length > 1 ? splitOf(parts[0]) : undefined;
}

/** The folder that names the class: the first below the half; `images/` below a class is a mere container. */
function classFolder(parts: readonly string[], halved: boolean): string | undefined {
  const folders = parts.slice(halved ? 1 : 0, -1);
  return folders[0] === "images" ? folders[1] : folders[0];
}
