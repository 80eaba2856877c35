import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { canonicalJson } from "../core/hash.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";

/**
 * SHA-256 of what a set holds, whatever file it came from: a line of JSON (kind, shape, classes, normalisation), then
 * the images and the labels as they lie in memory (little-endian). Name and metadata do not count.
 *
 * @returns lower-case hexadecimal.
 */
export function setDigest(set: LabelledSet | DistilledSet): string {
  const hash = sha256.create();
  const arrays: ArrayBufferView[] = [];
  const head: Record<string, unknown> = { kind: set.kind, shape: set.shape, classes: set.classes };
  if (set.kind === "labelled") arrays.push(set.pixels, set.labels);
  else {
    const { normalisation, labels } = set;
    head.labels = labels.kind === "hard" ? "hard" : labels.form;
    head.normalisation =
      normalisation.kind === "zca" ? { kind: "zca", whitening: normalisation.whitening !== undefined } : normalisation;
    arrays.push(set.images, labels.kind === "hard" ? labels.classes : labels.values);
    if (normalisation.kind === "zca" && normalisation.whitening)
      arrays.push(normalisation.whitening.mean, normalisation.whitening.matrix);
  }
  hash.update(new TextEncoder().encode(`${canonicalJson(head)}\n`));
  for (const view of arrays) hash.update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return bytesToHex(hash.digest());
}
