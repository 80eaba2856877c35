import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Floats } from "../../nn/Network.ts";
import { classesOf } from "../../train/targets.ts";
import { augmented, carriers } from "./carriers.ts";

/** Images that no attack has seen, and that need no raw data. */
export interface HeldOut {
  /** Dead leaves, then as many images of the set, augmented: 2n·C·H·W numbers in the space of the set. */
  readonly images: Floats;
  /** Classes of the latter half. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/** Draw n images of each kind. `key` must not be one that the attack draws its carriers from. */
export function heldOut(set: DistilledSet, n: number, key: Key): HeldOut {
  const leaves = carriers(set, { sources: ["leaves"], count: n }, key);
  const { images, rows } = augmented(set, n, child(key, "augmented"));
  const all = new Float32Array(2 * leaves.length);
  all.set(leaves);
  all.set(images, leaves.length);
  const classes = classesOf(set);
  return { images: all, labels: Int32Array.from(rows, (row) => classes[row]) };
}
