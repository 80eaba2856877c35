import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { canonicalJson, sha256Hex } from "../core/hash.ts";
import type { DistilledSet } from "./DistilledSet.ts";
import type { LabelledSet } from "./LabelledSet.ts";

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
  const hash = sha256.create().update(utf8(`${canonicalJson({ dtype, shape })}\n`));
  return { name, dtype, shape: [...shape], sha256: bytesToHex(hash.update(bytesOf(values)).digest()) };
}

function digestPairs(images: Values, labels: Values, m: number): string {
  const pixels = bytesOf(images);
  const marks = bytesOf(labels);
  const digests = Array.from({ length: m }, (_, i) => {
    const hash = sha256.create();
    for (const bytes of [pixels, marks])
      hash.update(bytes.subarray((i * bytes.length) / m, ((i + 1) * bytes.length) / m));
    return bytesToHex(hash.digest());
  });
  return sha256Hex(utf8(digests.sort().join("\n")));
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

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
