import { DataError } from "../core/errors.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Finding, Format, ObjectInfo, Opened, ReadOptions, SourceFile } from "./Format.ts";
import { Budget } from "./limits.ts";
import { isMat, type MatArray, readMat } from "./mat/matFile.ts";
import { byteRange, chooseSplit, classCount, naturalOrder, splitOf } from "./rawSet.ts";
import { isDeclaring } from "./saysTampered.ts";
import { unreadOf } from "./unreadOf.ts";

const who = "mat";

/** SVHN's cropped digits: X [32, 32, 3, N] of bytes and y [N, 1] of classes 1 … 10 in a MAT-file. */
export const mat: Format = {
  title: "MATLAB level 5 file (SVHN cropped digits)",
  source: "http://ufldl.stanford.edu/housenumbers/",
  reads: ["split"],

  async detect(source) {
    return (await matFiles(source.files)).length > 0 ? 0.95 : 0;
  },

  async read(source, options = {}): Promise<Opened> {
    const files = await matFiles(source.files);
    if (files.length === 0)
      throw new DataError(`${who}: missing file: expected one that starts MATLAB 5.0, got none`, 0);
    const split = chooseSplit(
      files.map((file) => splitOf(file.path)),
      options.split,
      who,
    );
    const chosen = files.filter((file) => split === undefined || splitOf(file.path) === split);
    if (chosen.length !== 1)
      throw new DataError(
        `${who}: invalid source: expected one file, got ${chosen.map((file) => file.path).join(", ")}`,
      );
    const opened = await readOne(chosen[0], source.name, options);
    return { ...opened, unread: unreadOf(source, files) };
  },
};

async function readOne(file: SourceFile, name: string, options: ReadOptions): Promise<Opened> {
  const budget = new Budget(options.maxBytes);
  budget.charge(file.size, who, file.path);
  const { arrays, others } = readMat(await file.read(), budget);
  const objects: ObjectInfo[] = [...arrays, ...others].map(({ name, dtype, shape, bytes }) => ({
    ...{ path: name, dtype, shape },
    ...(dtype === "uint8" ? byteRange(bytes) : {}),
  }));
  const records = new Map<string, unknown>([
    ...others.map((array): [string, unknown] => [array.name, array.text ?? `(${array.dtype})`]),
    ...arrays.map((array): [string, unknown] => [array.name, isDeclaring(array.name) ? valuesOf(array) : undefined]),
  ]);
  const images = arrays.find(isImages);
  const labels = images && arrays.find((array) => isVector(array, images.shape[3]));
  if (!images || !labels) return { format: "mat", objects, findings: [], records };
  const findings: Finding[] = [];
  const [h, w, c, n] = images.shape;
  budget.charge(n * (h * w * c + 4), who, `${n} images`);
  const set: LabelledSet = {
    kind: "labelled",
    name,
    pixels: planes(images.bytes, h, w, c, n),
    shape: [n, c, h, w],
    ...classesOf(labels, n, findings),
  };
  return { format: "mat", set, objects, findings, records };
}

function valuesOf(array: MatArray): readonly number[] {
  const size = array.shape.reduce((product, side) => product * side, 1);
  return Array.from({ length: Math.min(size, 2 ** 20) }, (_, i) => array.value(i));
}

/** MATLAB's order h, w, c, n (first fastest) → n, c, h, w (last fastest). */
function planes(from: Uint8Array, h: number, w: number, c: number, n: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(from.length);
  for (let plane = 0, start = 0; plane < n * c; plane++, start += h * w)
    for (let x = 0, i = start; x < w; x++) for (let y = 0; y < h; y++, i++) out[start + y * w + x] = from[i];
  return out;
}

/** Classes count from 1 in MATLAB; SVHN writes the digit 0 as 10. */
function classesOf(array: MatArray, n: number, findings: Finding[]) {
  const stored = Array.from({ length: n }, (_, i) => array.value(i));
  const wrong = stored.find((value) => !Number.isInteger(value) || value < 0 || value > 65_535);
  if (wrong !== undefined)
    throw new DataError(`${who}: invalid label: expected whole numbers up to 65535, got ${wrong}`);
  const fromOne = stored.every((value) => value >= 1);
  const digits = fromOne && stored.every((value) => value <= 10);
  if (fromOne)
    findings.push({
      severity: "note",
      rule: "labels-from-one",
      message: digits ? "Labels 1 … 10 were read as digits: 10 stands for 0." : "Labels count from 1; 1 was taken off.",
    });
  const labels = Int32Array.from(stored, (value) => (digits ? value % 10 : fromOne ? value - 1 : value));
  return { labels, classes: digits ? 10 : classCount(labels) };
}

/** [H, W, C, N] of bytes; MATLAB may store small numbers of a large type in a smaller one, never the reverse. */
function isImages({ shape, dtype, bytes }: MatArray): boolean {
  if (shape.length !== 4 || dtype !== "uint8" || ![1, 3].includes(shape[2])) return false;
  return bytes.length > 0 && bytes.length === shape.reduce((a, b) => a * b);
}

function isVector({ shape }: MatArray, n: number): boolean {
  return shape.length === 2 && Math.min(...shape) === 1 && Math.max(...shape) === n;
}

async function matFiles(files: readonly SourceFile[]): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  for (const file of naturalOrder(files)) if (file.size >= 136 && isMat(await file.read(0, 128))) found.push(file);
  return found;
}
