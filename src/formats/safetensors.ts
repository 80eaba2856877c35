import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { assembleSet, looksLikeImages } from "./assemble.ts";
import type { Format, ObjectInfo, Opened, ReadOptions, Source, Written } from "./Format.ts";
import { fileStem } from "./fileStem.ts";
import { Budget } from "./limits.ts";
import {
  openSafetensors,
  type SafetensorsFile,
  type TensorInput,
  writeSafetensors,
} from "./safetensors/safetensorsFile.ts";
import { readMetadata, writeMetadata } from "./safetensors/setMetadata.ts";
import { declaringArrays } from "./saysTampered.ts";
import { contentKind } from "./scan/contentKind.ts";
import { objectInfo, type StoredTensor } from "./tensor.ts";
import { beginsWith } from "./zip/peekZip.ts";

/**
 * safetensors, the canonical form of a distilled set: tensors `images` [M, C, H, W] and `labels` [M] or [M, K], with what
 * the numbers mean as text beside them. Nothing is lost, and the same set gives the same bytes.
 */
export const safetensors: Format = {
  title: "safetensors",
  source: "huggingface/safetensors, format description",
  endings: [".safetensors"],
  reads: ["ipc", "layout"],

  async detect(source: Source): Promise<number> {
    const [file] = source.files;
    if (source.files.length !== 1 || file.size < 9) return 0;
    const head = new DataView((await file.read(0, 8)).buffer);
    if (!(await beginsWith(file, [0x7b], 8))) return 0;
    const length = head.getBigUint64(0, true);
    if (length <= BigInt(file.size - 8)) return 0.95;
    // Eight letters are no length: a text may well have a brace in its ninth place.
    return length < 2n ** 40n ? 0.5 : contentKind(new Uint8Array(head.buffer))?.plain ? 0 : 0.1;
  },

  async read(source: Source, options: ReadOptions = {}): Promise<Opened> {
    const budget = new Budget(options.maxBytes);
    const [file] = source.files;
    if (source.files.length !== 1)
      throw new DataError(`safetensors: invalid source: expected one file, got ${source.files.length}`);
    const opened = await openSafetensors(file, budget);
    const objects: ObjectInfo[] = [];
    const tensors = new Map<string, StoredTensor>();
    for (const [name, { dtype, code, shape }] of opened.entries) {
      if (dtype === undefined) {
        objects.push({ path: name, dtype: code, shape });
        continue;
      }
      const tensor = await opened.tensor(name);
      tensors.set(name, tensor);
      objects.push(objectInfo(name, tensor));
    }
    const set = setFrom(tensors, opened, options, budget, source.name);
    const records = new Map<string, unknown>([...declaringArrays(tensors), ...opened.metadata]);
    return { format: "safetensors", objects, findings: [], records, ...(set ? { set } : {}) };
  },

  async write(set: DistilledSet): Promise<Written> {
    return { files: new Map([[`${fileStem(set.name)}.safetensors`, setToSafetensors(set)]]), losses: [] };
  },
};

/** The canonical bytes of a distilled set. Same set, same bytes. */
export function setToSafetensors(set: DistilledSet): Uint8Array<ArrayBuffer> {
  const { labels, normalisation, shape } = set;
  const tensors: Record<string, TensorInput> = {
    images: { shape, data: set.images },
    labels:
      labels.kind === "hard"
        ? { shape: [shape[0]], data: BigInt64Array.from(labels.classes, BigInt) }
        : { shape: [shape[0], set.classes], data: labels.values },
  };
  // A whitening that can be fitted again is named, not carried: it would be sixty times the size of the set.
  if (normalisation.kind === "zca" && normalisation.whitening && !normalisation.fit) {
    const { mean, matrix, inverse } = normalisation.whitening;
    const size = mean.length;
    tensors.zca_mean = { shape: [size], data: mean };
    tensors.zca_matrix = { shape: [size, size], data: matrix };
    tensors.zca_inverse = { shape: [size, size], data: inverse };
  }
  return writeSafetensors(tensors, writeMetadata(set));
}

function setFrom(
  tensors: ReadonlyMap<string, StoredTensor>,
  file: SafetensorsFile,
  options: ReadOptions,
  budget: Budget,
  name: string,
) {
  const images = tensors.get("images");
  const meta = readMetadata(file.metadata, tensors);
  if (!images || !(meta.ours || looksLikeImages(images))) return undefined;
  const set = assembleSet(
    { name, layout: meta.ours ? "nchw" : undefined, images, labels: tensors.get("labels"), ...meta.parts },
    options,
    budget,
    "safetensors",
  );
  if (set?.kind !== "distilled" || !meta.ours) return set;
  const classes = Math.max(set.classes, meta.classes ?? 0);
  const labels = set.labels.kind === "soft" && meta.form ? { ...set.labels, form: meta.form } : set.labels;
  if (labels.kind === "soft" && classes !== set.classes)
    throw new DataError(`safetensors: invalid classes: expected ${set.classes} as the labels have, got ${classes}`);
  return { ...set, labels, classes, ...(meta.parts.classNames ? { classNames: meta.parts.classNames } : {}) };
}
