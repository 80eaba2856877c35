import { canonicalJson } from "../core/hash.ts";
import type { DistilledSet } from "./DistilledSet.ts";
import type { LabelledSet } from "./LabelledSet.ts";
import { plainNormalisation } from "./plainNormalisation.ts";

/**
 * What a set holds, as bytes to hash, whatever file it came from: a line of JSON (kind, shape, classes, normalisation), then
 * the images and the labels as they lie in memory (little-endian). Name and metadata do not count. A whitening that was fitted to
 * a raw set counts as what it was fitted to: fitted again on another machine, its matrix may differ in the last digits.
 */
export function setBytes(set: LabelledSet | DistilledSet): Uint8Array[] {
  const arrays: ArrayBufferView[] = [];
  const head: Record<string, unknown> = { kind: set.kind, shape: set.shape, classes: set.classes };
  if (set.kind === "labelled") arrays.push(set.pixels, set.labels);
  else {
    const { normalisation, labels } = set;
    head.labels = labels.kind === "hard" ? "hard" : labels.form;
    head.normalisation = plainNormalisation(normalisation);
    arrays.push(set.images, labels.kind === "hard" ? labels.classes : labels.values);
    if (normalisation.kind === "zca" && normalisation.whitening && !normalisation.fit)
      arrays.push(normalisation.whitening.mean, normalisation.whitening.matrix);
  }
  return [
    new TextEncoder().encode(`${canonicalJson(head)}\n`),
    ...arrays.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)),
  ];
}
