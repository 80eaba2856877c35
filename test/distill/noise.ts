import { key, normal } from "../../src/core/random.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";

/** Twelve grey raw images of 8×8 in three classes, which show nothing. */
export const noise: LabelledSet = {
  kind: "labelled",
  name: "noise",
  pixels: Uint8Array.from(normal(key("pixels"), 12 * 64), (v) => Math.min(255, Math.max(0, 128 + 40 * v))),
  shape: [12, 1, 8, 8],
  labels: Int32Array.from({ length: 12 }, (_, i) => i % 3),
  classes: 3,
};
