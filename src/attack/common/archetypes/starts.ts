import { child, type Key, normal, Stream } from "../../../core/random.ts";
import type { DistilledSet } from "../../../data/DistilledSet.ts";
import type { Floats } from "../../../nn/Network.ts";
import { augmentedRows, carriers } from "../carriers.ts";

export const startNames = ["noise", "set", "mixtures", "leaves"] as const;

/** One beginning for each archetype: N·C·H·W, in the space of the set. */
type Start = (set: DistilledSet, rows: Int32Array<ArrayBuffer>, key: Key) => Floats;

/** Where the reconstruction of archetypes begins. `rows` says an image of its class for each. */
export const starts: Readonly<Record<(typeof startNames)[number], Start>> = {
  noise: ({ shape: [, c, h, w] }, { length }, key) => normal(key, length * c * h * w),
  set: augmentedRows,
  mixtures(set, rows, key) {
    const stream = new Stream(child(key, "others"));
    const others = rows.map(() => stream.integer(set.shape[0]));
    const [own, other] = [augmentedRows(set, rows, child(key, 1)), augmentedRows(set, others, child(key, 2))];
    const size = own.length / rows.length;
    // The class's own image always has the larger share.
    const weights = Array.from(rows, () => stream.uniform(0.5, 0.9));
    return own.map((v, i) => {
      const a = weights[Math.floor(i / size)];
      return a * v + (1 - a) * other[i];
    });
  },
  leaves: (set, { length }, key) => carriers(set, { sources: ["leaves"], count: length }, key),
};
