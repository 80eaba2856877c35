import { type Key, Stream } from "../../core/random.ts";
import type { Taps } from "../../data/augment/taps.ts";
import { samples } from "../../data/decodeIdc.ts";

export interface ViewOptions {
  /** `roll`: shifted in a circle; `crop`: a random square of it enlarged and mirrored or not, then shifted so. */
  readonly view: "roll" | "crop";
  /** Pixels of the largest shift. */
  readonly jitter: number;
  /** Area of the smallest crop, as a share of the image's. */
  readonly leastArea: number;
}

/** Draw what a teacher is shown of square images, all alike: a linear map of the pixels of a channel (arXiv 2306.13092, §3.2). */
export function drawView(key: Key, side: number, { view, jitter, leastArea }: ViewOptions): Taps {
  const stream = new Stream(key);
  const area = view === "crop" ? stream.uniform(leastArea, 1) : 1;
  const tile = Math.min(side, Math.max(1, Math.round(side * Math.sqrt(area))));
  const [top, left] = [stream.integer(side - tile + 1), stream.integer(side - tile + 1)];
  const mirrored = view === "crop" && stream.uniform() < 0.5;
  const [dy, dx] = [stream.integer(jitter + 1), stream.integer(jitter + 1)];
  const at = samples(side, tile);
  const taps = { terms: 4, index: new Int32Array(4 * side ** 2), weight: new Float32Array(4 * side ** 2) } as const;
  for (let p = 0; p < side ** 2; p++) {
    const [y, x] = [(Math.floor(p / side) - dy + side) % side, ((p % side) - dx + side) % side];
    const [row, column] = [at[y], at[mirrored ? side - 1 - x : x]];
    for (let t = 0; t < 4; t++) {
      const [v, u] = [t > 1 ? row.high : row.low, t & 1 ? column.high : column.low];
      taps.index[4 * p + t] = (top + v) * side + left + u;
      taps.weight[4 * p + t] = (t > 1 ? row.part : 1 - row.part) * (t & 1 ? column.part : 1 - column.part);
    }
  }
  return taps;
}
