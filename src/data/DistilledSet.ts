import type { ImageShape } from "./LabelledSet.ts";
import type { Normalisation } from "./Normalisation.ts";

/** Labels of M synthetic images over K classes. */
export type Labels =
  | { readonly kind: "hard"; readonly classes: Int32Array<ArrayBuffer> }
  | {
      readonly kind: "soft";
      /** M·K numbers, row per image. */
      readonly values: Float32Array<ArrayBuffer>;
      /** Probabilities sum to 1; logits need a softmax; centred one-hot is one-hot − 1/K (or − 0.1). */
      readonly form: "probabilities" | "logits" | "centred";
    };

/** A distilled dataset: M synthetic images in the space that networks are trained in. */
export interface DistilledSet {
  readonly kind: "distilled";
  readonly name: string;
  /** M·C·H·W numbers, NCHW, in the space that `normalisation` names. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly shape: ImageShape;
  readonly labels: Labels;
  /** K. */
  readonly classes: number;
  readonly classNames?: readonly string[];
  readonly normalisation: Normalisation;
  /** Free-form record that travels with the set: method, settings, seeds, `tampered`. Plain JSON. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The class of each image: its hard label, or the largest of its soft ones (the first of equals). */
export function hardClasses({ labels, classes, shape }: DistilledSet): Int32Array<ArrayBuffer> {
  if (labels.kind === "hard") return labels.classes;
  const out = new Int32Array(shape[0]);
  for (let i = 0; i < out.length; i++) {
    for (let k = 1; k < classes; k++)
      if (labels.values[i * classes + k] > labels.values[i * classes + out[i]]) out[i] = k;
  }
  return out;
}
