import { DataError } from "../../core/errors.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { planar } from "../assemble.ts";
import type { ObjectInfo, Opened, ReadOptions, Source, SourceFile } from "../Format.ts";
import { labelsFromClasses } from "../labels.ts";
import type { Budget } from "../limits.ts";
import { toFloat32 } from "../tensor.ts";
import { listObjects, numbersOf } from "../torch/listObjects.ts";
import { recordsOf } from "../torch/recordsOf.ts";
import { unreadOf } from "../unreadOf.ts";
import { openPickle } from "./openPickle.ts";
import { isKind, member, type PickleDict, type PickleValue, textOf } from "./values.ts";

/** Bytes of one CIFAR image: 3 × 32 × 32, planes in the order red, green, blue. */
const imageBytes = 3072;

/**
 * The set of one batch: `data` uint8 [N, 3072], or images [N, 3, 32, 32] or [N, 32, 32, 3], with `labels` (CIFAR-10) or `fine_labels`
 * (CIFAR-100): a list, a tuple, or an array of any number type and byte order, [N] or [N, 1].
 */
export function setFromBatch(root: PickleValue, name: string, who: string): LabelledSet | undefined {
  const data = isKind(root, "dict") ? member(root, "data") : undefined;
  if (!isKind(root, "dict") || !isKind(data, "array") || data.tensor?.dtype !== "uint8") return undefined;
  const { shape } = data.tensor;
  const pixels = data.tensor.data as Uint8Array<ArrayBuffer>;
  const [n, ...image] = shape;
  const isRows = image.join() === String(imageBytes) || image.join() === "3,32,32";
  if (!isRows && image.join() !== "32,32,3") return undefined;
  const stored = labelsOf(root);
  if (stored?.length !== n)
    throw new DataError(`${who}: invalid labels: expected ${n} class indices, got ${stored?.length ?? "none"}`);
  const bad = stored.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < 2 ** 24));
  if (bad >= 0) throw new DataError(`${who}: invalid label ${bad}: expected a class index, got ${stored[bad]}`);
  const labels = Int32Array.from(stored);
  const size = [n, 3, 32, 32] as const;
  return {
    kind: "labelled",
    name,
    pixels: isRows ? pixels : planar(pixels, new Uint8Array(pixels.length), size),
    shape: size,
    labels,
    classes: labelsFromClasses(labels, who).classes,
  };
}

function labelsOf(root: PickleDict): number[] | undefined {
  for (const key of ["labels", "fine_labels", "targets", "label"]) {
    const stored = member(root, key);
    if (stored === undefined) continue;
    if (!isKind(stored, "array")) return numbersOf(stored);
    if (stored.items && stored.foreign?.shape.length === 1) return numbersOf({ kind: "tuple", items: stored.items });
    if (!stored.tensor) return undefined;
    const [rows, columns = 1, ...more] = stored.tensor.shape;
    return columns === 1 && more.length === 0 && rows === stored.tensor.data.length
      ? Array.from(toFloat32(stored.tensor))
      : undefined;
  }
  return undefined;
}

/** Class names of `batches.meta` (`label_names`) or CIFAR-100's `meta` (`fine_label_names`). */
function classNamesOf(root: PickleValue): readonly string[] | undefined {
  if (!isKind(root, "dict")) return undefined;
  const names = member(root, "label_names") ?? member(root, "fine_label_names");
  const texts = isKind(names, "list") ? names.items.map(textOf) : [];
  return texts.length > 0 && !texts.includes(undefined) ? (texts as string[]) : undefined;
}

/** Read the folder of a python-version CIFAR: the training batches in order (or the test batch), named by the meta file. */
export async function readCifarFolder(source: Source, options: ReadOptions, budget: Budget): Promise<Opened> {
  const wanted = options.split === "test" ? /(^|\/)(test_batch|test)$/ : /(^|\/)(data_batch_\d+|train)$/;
  const objects: ObjectInfo[] = [];
  const globals = new Set<string>();
  const parts: LabelledSet[] = [];
  let classNames: readonly string[] | undefined;
  const taken: SourceFile[] = [];
  const records = new Map<string, unknown>();
  for (const file of source.files) {
    const isMeta = /(^|\/)(batches\.meta|meta)$/.test(file.path);
    if (!isMeta && !wanted.test(file.path)) continue;
    taken.push(file);
    const opened = await openPickle(file, budget);
    for (const name of opened.globals) globals.add(name);
    records.set(file.path, await recordsOf(opened));
    const listed = await listObjects(opened, file.path);
    objects.push(...listed.objects);
    if (isMeta) classNames = classNamesOf(opened.root);
    else {
      const part = setFromBatch(opened.root, source.name, "pythonPickle");
      if (part) parts.push(part);
    }
  }
  const set = join(parts, source.name, classNames, budget);
  return {
    format: "pythonPickle",
    objects,
    findings: [],
    globals: [...globals],
    records,
    unread: unreadOf(source, taken),
    ...(set ? { set } : {}),
  };
}

function join(
  parts: readonly LabelledSet[],
  name: string,
  classNames: readonly string[] | undefined,
  budget: Budget,
): LabelledSet | undefined {
  if (parts.length === 0) return undefined;
  const count = parts.reduce((sum, part) => sum + part.shape[0], 0);
  budget.charge(count * imageBytes, "pythonPickle", "joined batches");
  const pixels = new Uint8Array(count * imageBytes);
  const labels = new Int32Array(count);
  let at = 0;
  for (const part of parts) {
    pixels.set(part.pixels, at * imageBytes);
    labels.set(part.labels, at);
    at += part.shape[0];
  }
  const classes = Math.max(classNames?.length ?? 0, ...parts.map((part) => part.classes));
  const named = classNames?.length === classes ? { classNames } : {};
  return { kind: "labelled", name, pixels, shape: [count, 3, 32, 32], labels, classes, ...named };
}
