import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Floats } from "../nn/Network.ts";

/**
 * Target probabilities of a set, [M, K]: one-hot for hard labels, as they are for probabilities, softmax of logits, and
 * for centred labels the one-hot of their largest entry.
 */
export function targetsOf(set: DistilledSet): Floats {
  const k = set.classes;
  const m = set.shape[0];
  const out = new Float32Array(m * k);
  const { labels } = set;
  for (let i = 0; i < m; i++) {
    if (labels.kind === "hard") out[i * k + labels.classes[i]] = 1;
    else if (labels.form === "probabilities") out.set(labels.values.subarray(i * k, (i + 1) * k), i * k);
    else if (labels.form === "logits") out.set(softmax(labels.values.subarray(i * k, (i + 1) * k)), i * k);
    else out[i * k + argmax(labels.values, i * k, k)] = 1;
  }
  return out;
}

/** Class of each image: the label, or the most probable one. */
export function classesOf(set: DistilledSet): Int32Array<ArrayBuffer> {
  const { labels } = set;
  if (labels.kind === "hard") return labels.classes;
  return argmaxRows(labels.values, set.classes);
}

/** Index of the largest entry of each row of K. The first wins a tie. */
export function argmaxRows(values: Float32Array, k: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: values.length / k }, (_, i) => argmax(values, i * k, k));
}

function argmax(values: Float32Array, from: number, k: number): number {
  let best = 0;
  for (let j = 1; j < k; j++) if (values[from + j] > values[from + best]) best = j;
  return best;
}

export function softmax(row: Float32Array): Float32Array {
  const top = row.reduce((a, b) => Math.max(a, b));
  const e = row.map((v) => Math.exp(v - top));
  const sum = e.reduce((a, b) => a + b);
  return e.map((v) => v / sum);
}
