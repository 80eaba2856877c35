import { DataError, UsageError } from "../core/errors.ts";
import type { Format, LabelledSet, ObjectInfo, Opened, Source, SourceFile } from "./Format.ts";
import { Budget } from "./limits.ts";
import { baseName, byteRange, chooseSplit, naturalOrder, splitOf } from "./rawSet.ts";
import { tableText } from "./tableText.ts";
import { unreadOf } from "./unreadOf.ts";

const who = "cifar";
const PIXELS = 3 * 32 * 32;
/** Records whose labels are looked at before a file counts as recognised. Chosen: ten classes of 256 by chance, 10⁻²² for 16. */
const PROBES = 16;

interface Variant {
  readonly name: string;
  /** Bytes before the pixels of a record; the last of them is the class. */
  readonly labelBytes: number;
  /** Classes that each label byte may name. */
  readonly limits: readonly number[];
  /** Text files of class names as the archives carry them. */
  readonly names: readonly string[];
  /** The same of the groups of classes that the first label byte names. */
  readonly coarseNames?: readonly string[];
}

const variants: readonly Variant[] = [
  { name: "CIFAR-10", labelBytes: 1, limits: [10], names: ["batches.meta.txt"] },
  {
    name: "CIFAR-100",
    labelBytes: 2,
    limits: [20, 100],
    names: ["fine_label_names.txt"],
    coarseNames: ["coarse_label_names.txt"],
  },
];

/** The binary version of CIFAR-10 and CIFAR-100: rows of label bytes and 3 × 32 × 32 pixels. */
export const cifar: Format = {
  title: "CIFAR-10 and CIFAR-100, binary version",
  source: "https://www.cs.toronto.edu/~kriz/cifar.html",
  reads: ["split", "coarse"],

  async detect(source) {
    const found = await findBatches(source);
    if (!found) return 0;
    return found.files.some((file) => file.size >= 8 * (PIXELS + found.variant.labelBytes)) ? 0.9 : 0.3;
  },

  async read(source, options = {}): Promise<Opened> {
    const found = await findBatches(source);
    if (!found) {
      throw new DataError(
        `${who}: missing batch: expected files of 3073 or 3074 bytes a record that start with a label, got none`,
        0,
      );
    }
    const { variant } = found;
    const coarse = options.coarse === true;
    if (coarse && !variant.coarseNames)
      throw new UsageError(
        `${who}: invalid coarse: expected a set with groups of classes (CIFAR-100), got ${variant.name}`,
      );
    const split = chooseSplit(
      found.files.map((file) => splitOf(file.path)),
      options.split,
      who,
    );
    const files = found.files.filter((file) => split === undefined || splitOf(file.path) === split);
    const record = PIXELS + variant.labelBytes;
    const n = files.reduce((sum, file) => sum + file.size / record, 0);
    const budget = new Budget(options.maxBytes);
    budget.charge(n * (PIXELS + 4), who, `${n} images`);
    const pixels = new Uint8Array(n * PIXELS);
    const labels = new Int32Array(n);
    const objects: ObjectInfo[] = [];
    let row = 0;
    for (const file of files) {
      budget.charge(file.size, who, file.path);
      const bytes = await file.read();
      const first = row;
      for (let at = 0; at < bytes.length; at += record, row++) {
        labels[row] = readLabels(bytes, at, variant).at(coarse ? 0 : -1) as number;
        pixels.set(bytes.subarray(at + variant.labelBytes, at + record), row * PIXELS);
      }
      const range = byteRange(pixels.subarray(first * PIXELS, row * PIXELS));
      objects.push({ path: file.path, dtype: "uint8", shape: [row - first, 3, 32, 32], ...range });
    }
    const classes = variant.limits.at(coarse ? 0 : -1) as number;
    const names = (coarse && variant.coarseNames) || variant.names;
    const set: LabelledSet = {
      kind: "labelled",
      name: source.name,
      pixels,
      shape: [n, 3, 32, 32],
      labels,
      classes,
      classNames: await readNames(source, names, classes, budget),
    };
    const known = [...variant.names, ...(variant.coarseNames ?? [])];
    const named = source.files.filter((file) => known.includes(baseName(file.path)));
    return { format: "cifar", set, objects, findings: [], unread: unreadOf(source, [...found.files, ...named]) };
  },
};

/** Every label of the record that starts at `at`. */
function readLabels(bytes: Uint8Array, at: number, variant: Variant): Uint8Array {
  for (let i = 0; i < variant.labelBytes; i++) {
    const label = bytes[at + i];
    if (label >= variant.limits[i])
      throw new DataError(
        `${who}: invalid ${variant.name} label: expected a class below ${variant.limits[i]}, got ${label}`,
        at + i,
      );
  }
  return bytes.subarray(at, at + variant.labelBytes);
}

async function findBatches(source: Source): Promise<{ variant: Variant; files: SourceFile[] } | undefined> {
  for (const variant of variants) {
    const files: SourceFile[] = [];
    for (const file of naturalOrder(source.files)) if (await looksLike(file, variant)) files.push(file);
    if (files.length > 0) return { variant, files };
  }
  return undefined;
}

async function looksLike(file: SourceFile, variant: Variant): Promise<boolean> {
  const record = PIXELS + variant.labelBytes;
  if (file.size === 0 || file.size % record !== 0) return false;
  const records = file.size / record;
  const step = Math.max(1, Math.floor(records / PROBES));
  for (let i = 0; i < records; i += step) {
    const labels = await file.read(i * record, variant.labelBytes);
    if (variant.limits.some((limit, j) => labels[j] >= limit)) return false;
  }
  return true;
}

/** Class names, if the list that belongs to the archive is there and names each class once. */
async function readNames(source: Source, names: readonly string[], classes: number, budget: Budget) {
  const file = source.files.find((candidate) => names.includes(baseName(candidate.path)));
  if (!file || file.size > 65536) return undefined;
  budget.charge(file.size, who, file.path);
  const lines = tableText(await file.read(), `${who}: ${file.path}`).split(/\r?\n/);
  const found = lines.map((line) => line.trim()).filter((line) => line !== "");
  return found.length === classes && new Set(found).size === classes ? found : undefined;
}
