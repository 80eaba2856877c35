import { refuseIdle } from "../core/readWhen.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Floats } from "../nn/Network.ts";
import type { Protocol } from "./protocol.ts";

/** What the labels of a set become. Labels with a teacher are those of the set; the teacher's answers come on top. */
export type LabelForm = Pick<Protocol, "labels" | "smoothing" | "temperature"> & Partial<Pick<Protocol, "loss">>;

/**
 * What networks learn of a set, [M, K]: probabilities, or with the squared loss centred labels.
 *
 * As the set has them: one-hot for hard labels, as they are for probabilities, softmax(z / T) of logits, and for centred
 * labels the one-hot of their largest entry. `hard`: one-hot of the most probable class. `smoothed`: (1 − ε) y + ε / K.
 *
 * For the squared loss centred labels are as they are, and probabilities less 1/K.
 *
 * @throws UsageError for a temperature where there are no logits.
 */
export function targetsOf(set: DistilledSet, form: LabelForm = { labels: "set" }): Floats {
  if (form.loss !== "squared") return probabilitiesOf(set, form);
  const { labels } = set;
  if (form.labels === "set" && labels.kind === "soft" && labels.form === "centred") return labels.values.slice();
  return probabilitiesOf(set, form).map((y) => y - 1 / set.classes);
}

function probabilitiesOf(set: DistilledSet, form: LabelForm): Floats {
  const own = ownTargets(set, form);
  if (form.labels === "hard") return oneHot(argmaxRows(own, set.classes), set.classes);
  const { smoothing } = form;
  return smoothing === undefined ? own : own.map((y) => (1 - smoothing) * y + smoothing / set.classes);
}

function ownTargets(set: DistilledSet, { labels: form, temperature }: LabelForm): Floats {
  const k = set.classes;
  const { labels } = set;
  const logits = labels.kind === "soft" && labels.form === "logits";
  const own = `labels that are logits, not ${labels.kind === "soft" ? labels.form : "hard ones"}`;
  const rule = { option: "temperature", read: () => form !== "set" || logits, by: own };
  refuseIdle("protocol", [rule], { temperature });
  if (labels.kind === "hard") return oneHot(labels.classes, k);
  if (labels.form === "probabilities") return labels.values.slice();
  if (labels.form === "logits") return softmaxRows(labels.values, k, form === "set" ? temperature : undefined);
  return oneHot(argmaxRows(labels.values, k), k);
}

/** Class of each image: the label, or the most probable one. */
export function classesOf(set: DistilledSet): Int32Array<ArrayBuffer> {
  const { labels } = set;
  if (labels.kind === "hard") return labels.classes;
  return argmaxRows(labels.values, set.classes);
}

/** Index of the largest entry of each row of K. The first wins a tie. */
export function argmaxRows(values: Float32Array, k: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: values.length / k }, (_, i) => {
    let best = 0;
    for (let j = 1; j < k; j++) if (values[i * k + j] > values[i * k + best]) best = j;
    return best;
  });
}

function oneHot(classes: Int32Array, k: number): Floats {
  const out = new Float32Array(classes.length * k);
  classes.forEach((label, i) => {
    out[i * k + label] = 1;
  });
  return out;
}

function softmaxRows(z: Float32Array, k: number, temperature?: number): Floats {
  const out = new Float32Array(z.length);
  for (let from = 0; from < z.length; from += k) out.set(softmax(z.subarray(from, from + k), temperature), from);
  return out;
}

/** softmax(z / T) of one row. */
export function softmax(row: Float32Array, temperature = 1): Float32Array {
  const top = row.reduce((a, b) => Math.max(a, b));
  const e = row.map((v) => Math.exp((v - top) / temperature));
  const sum = e.reduce((a, b) => a + b);
  return e.map((v) => v / sum);
}
