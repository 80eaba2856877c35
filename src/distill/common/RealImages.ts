import { type Augmentation, dsaSettings } from "../../data/augment/Augmentation.ts";
import { augment } from "../../data/augment/augment.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Floats } from "../../nn/Network.ts";

/** Real images as networks see them, in memory that is used again: what is given holds until the next is asked for. */
export class RealImages {
  private readonly set: LabelledSet;
  private readonly normalisation: Normalisation;
  private readonly memory: [Floats, Floats] = [new Float32Array(0), new Float32Array(0)];

  constructor(set: LabelledSet, normalisation: Normalisation) {
    this.set = set;
    this.normalisation = normalisation;
  }

  /** @param draws augmentations, one after the other */
  at(rows: Int32Array, draws: readonly (Augmentation | undefined)[]): Floats {
    const [, c, h, w] = this.set.shape;
    const length = rows.length * c * h * w;
    const room = (i: number): Floats => {
      if (this.memory[i % 2].length < length) this.memory[i % 2] = new Float32Array(length);
      return this.memory[i % 2].subarray(0, length);
    };
    let x = normalisedRows(this.set, rows, this.normalisation, room(0));
    for (const [i, draw] of draws.filter((d) => d !== undefined).entries())
      x = augment(x, [rows.length, c, h, w], draw, dsaSettings, room(i + 1));
    return x;
  }
}
