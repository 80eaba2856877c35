import { createHash } from "node:crypto";
import { canonicalJson } from "../core/hash.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Source } from "../data/formats/Format.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { CheckFailure } from "./checks.ts";
import type { Folder } from "./Folder.ts";
import { asArray, asDigest, asFields } from "./shape.ts";
import { isSealFile } from "./staging.ts";

/** One tensor and its digest. */
export interface TensorDigest {
  readonly name: "images" | "labels";
  readonly dtype: "float32" | "uint8" | "int32";
  readonly shape: readonly number[];
  /** sha256 of the line `{"dtype":…,"shape":[…]}\n` followed by the little-endian values in C order. */
  readonly sha256: string;
}

/** What identifies a set's content, whatever file it lies in. */
export interface TensorDigests {
  readonly tensors: readonly TensorDigest[];
  /** sha256 over the sorted digests of every (image, label) pair: unchanged when images are only re-ordered. */
  readonly pairs: string;
}

/** Digest the tensors of a set as its reader returns them: NCHW images, then labels. */
export function digestTensors(set: DistilledSet | LabelledSet): TensorDigests {
  const images = set.kind === "distilled" ? set.images : set.pixels;
  const labels = labelArray(set);
  const [m] = set.shape;
  const labelShape = set.kind === "distilled" && set.labels.kind === "soft" ? [m, set.classes] : [m];
  return {
    tensors: [digestTensor("images", images, set.shape), digestTensor("labels", labels, labelShape)],
    pairs: digestPairs(images, labels, m),
  };
}

type Values = Float32Array | Uint8Array | Int32Array;

function labelArray(set: DistilledSet | LabelledSet): Float32Array | Int32Array {
  if (set.kind === "labelled") return set.labels;
  return set.labels.kind === "hard" ? set.labels.classes : set.labels.values;
}

function digestTensor(name: TensorDigest["name"], values: Values, shape: readonly number[]): TensorDigest {
  const dtype = values instanceof Float32Array ? "float32" : values instanceof Uint8Array ? "uint8" : "int32";
  const hash = createHash("sha256").update(`${canonicalJson({ dtype, shape })}\n`);
  return { name, dtype, shape: [...shape], sha256: hash.update(bytesOf(values)).digest("hex") };
}

function digestPairs(images: Values, labels: Values, m: number): string {
  const pixels = bytesOf(images);
  const marks = bytesOf(labels);
  const digests = Array.from({ length: m }, (_, i) => {
    const hash = createHash("sha256");
    for (const bytes of [pixels, marks])
      hash.update(bytes.subarray((i * bytes.length) / m, ((i + 1) * bytes.length) / m));
    return hash.digest("hex");
  });
  return createHash("sha256").update(digests.sort().join("\n")).digest("hex");
}

/** All platforms that Node and browsers run on are little-endian. */
function bytesOf(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Images of each class; soft labels count for their largest entry. */
export function classCounts(set: DistilledSet | LabelledSet): number[] {
  const counts = new Array<number>(set.classes).fill(0);
  for (const label of hardLabels(set)) if (label >= 0 && label < set.classes) counts[label]++;
  return counts;
}

/** Class of each image; of soft labels the largest entry. */
export function hardLabels(set: DistilledSet | LabelledSet): Int32Array {
  if (set.kind === "labelled") return set.labels;
  if (set.labels.kind === "hard") return set.labels.classes;
  const { values } = set.labels;
  return Int32Array.from({ length: set.shape[0] }, (_, i) => {
    const row = values.subarray(i * set.classes, (i + 1) * set.classes);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
  });
}

/** A test accuracy that the publisher measured, as a fraction. */
export interface StatedAccuracy {
  readonly value: number;
  /** How far an honest re-measurement may be off, as a fraction. */
  readonly tolerance: number;
  readonly network?: string;
}

/** What the publisher says beside the digests. */
export interface SetFacts {
  readonly version?: string;
  readonly method?: string;
  readonly network?: string;
  readonly seeds?: readonly number[];
  readonly cta?: StatedAccuracy;
}

/** Make the predicate of `retort.tensors.json`. */
export function tensorsPredicate(set: DistilledSet | LabelledSet, format: string, facts: SetFacts) {
  const counts = classCounts(set);
  const even = counts.every((count) => count === counts[0]);
  return {
    ...digestTensors(set),
    readAs: format,
    kind: set.kind,
    classes: set.classes,
    ...(set.classNames && { classNames: set.classNames }),
    classCounts: counts,
    ...(even && { ipc: counts[0] }),
    ...(set.kind === "distilled" && {
      labels: set.labels.kind === "hard" ? "hard" : set.labels.form,
      normalisation: plainNormalisation(set),
    }),
    ...facts,
    ...(set.kind === "distilled" && set.metadata.tampered !== undefined && { tampered: set.metadata.tampered }),
  };
}

/** What was done to the pixels, less the matrices: what they were fitted to identifies them. */
function plainNormalisation({ normalisation }: DistilledSet): unknown {
  if (normalisation.kind !== "zca") return normalisation;
  const { whitening: _, ...said } = normalisation;
  return said;
}

/**
 * Compare a set with the digests a publisher signed.
 *
 * @throws CheckFailure that names the tensors that differ and says whether only the order does.
 */
export function checkTensors(set: DistilledSet | LabelledSet, predicate: unknown): string {
  const who = "checkTensors";
  const fields = asFields(who, "predicate", predicate);
  const actual = digestTensors(set);
  const signed = asArray(who, "predicate.tensors", fields.tensors).map((item) => asFields(who, "tensor", item));
  const different: string[] = [];
  for (const tensor of actual.tensors) {
    const match = signed.find((item) => item.name === tensor.name);
    if (!match || asDigest(who, "tensor.sha256", match.sha256) !== tensor.sha256)
      different.push(describe(tensor, match));
  }
  if (signed.length !== actual.tensors.length) different.push(`${signed.length} tensors were signed`);
  if (different.length === 0)
    return `${actual.tensors.map((tensor) => `${tensor.name} ${tensor.dtype} [${tensor.shape}]`).join(", ")}`;
  const sameShapes = actual.tensors.every((tensor) => signed.some((item) => `${item.shape}` === `${tensor.shape}`));
  if (sameShapes && fields.pairs === actual.pairs)
    throw new CheckFailure("the images and their labels are those that were signed, but in another order");
  throw new CheckFailure(`other tensors than were signed: ${different.join("; ")}`);
}

function describe(tensor: TensorDigest, signed: Readonly<Record<string, unknown>> | undefined): string {
  if (!signed) return `${tensor.name} was not signed`;
  const shape = `${tensor.dtype} [${tensor.shape}]`;
  const before = `${String(signed.dtype)} [${String(signed.shape)}]`;
  return shape === before
    ? `${tensor.name} ${shape} has other values`
    : `${tensor.name} is ${shape}, signed was ${before}`;
}

/** What a reader may look at in a sealed folder: neither the seal's own files nor hidden ones. */
export function dataSource(folder: Folder): Source {
  if (!folder.folder) return { name: folder.name, folder: false, files: folder.files };
  const files = folder.files.filter(
    ({ path }) => !isSealFile(path) && !path.split("/").some((part) => part.startsWith(".")),
  );
  return { name: folder.name, folder: folder.folder, files };
}
