import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";
import type { LearnerState } from "../train/Learner.ts";
import { argmaxRows } from "../train/targets.ts";
import type { Panel } from "./Panel.ts";
import { type Patch, pasted } from "./Patch.ts";

/** How a patch fares with each class. */
export interface Success {
  /** Share of pictures that are called the class with the patch, of those that are not without it: [K]. */
  readonly rate: Float64Array;
  /** Mean of logit of the class less the largest other one, with the patch: [K]. */
  readonly margin: Float64Array;
}

/** Networks and pictures before which patches are judged. */
export class Jury {
  readonly panel: Panel;
  readonly states: readonly LearnerState[];
  readonly pixels: Floats;
  private readonly shape: ImageShape;
  /** What each network calls the untouched pictures. */
  private readonly before: readonly Int32Array[];

  private constructor(
    panel: Panel,
    states: readonly LearnerState[],
    pixels: Floats,
    shape: ImageShape,
    before: readonly Int32Array[],
  ) {
    this.panel = panel;
    this.states = states;
    this.pixels = pixels;
    this.shape = shape;
    this.before = before;
  }

  static async seat(panel: Panel, states: readonly LearnerState[], pixels: Floats, shape: ImageShape): Promise<Jury> {
    const before: Int32Array[] = [];
    for (const state of states) before.push(await panel.calls(state, pixels));
    return new Jury(panel, states, pixels, shape, before);
  }

  /** The same networks before fewer pictures, every so-many-th of them. */
  async thinned(step: number): Promise<Jury> {
    const size = this.pixels.length / this.before[0].length;
    const kept = this.before[0].length / step;
    const some = new Float32Array(Math.floor(kept) * size);
    for (let i = 0; i < Math.floor(kept); i++)
      some.set(this.pixels.subarray(i * step * size, (i * step + 1) * size), i * size);
    return Jury.seat(this.panel, this.states, some, this.shape);
  }

  /** Judge one patch on every picture by every network, for all classes at once. */
  async judge(patch: Patch): Promise<Success> {
    return (await this.judgeAll([patch]))[0];
  }

  /** Judge many patches. */
  async judgeAll(patches: readonly Patch[]): Promise<Success[]> {
    const k = this.panel.classes;
    const n = this.before[0].length;
    const shown = new Float32Array(patches.length * this.pixels.length);
    patches.forEach((patch, i) => {
      shown.set(pasted(this.pixels, this.shape, patch), i * this.pixels.length);
    });
    const hits = patches.map(() => new Float64Array(k));
    const margins = patches.map(() => new Float64Array(k));
    const eligible = new Float64Array(k);
    for (const [s, state] of this.states.entries()) {
      const before = this.before[s];
      for (let t = 0; t < k; t++) for (let i = 0; i < n; i++) if (before[i] !== t) eligible[t]++;
      const logits = await this.panel.logits(state, shown);
      const calls = argmaxRows(logits, k);
      patches.forEach((_, p) => {
        for (let i = 0; i < n; i++) {
          const row = p * n + i;
          if (calls[row] !== before[i]) hits[p][calls[row]]++;
          addMargins(logits.subarray(row * k, (row + 1) * k), margins[p], 1 / (n * this.states.length));
        }
      });
    }
    return patches.map((_, p) => ({
      rate: hits[p].map((count, t) => (eligible[t] === 0 ? 0 : count / eligible[t])),
      margin: margins[p],
    }));
  }
}

/** Add each class's logit less the largest other one. */
function addMargins(row: Float32Array, sums: Float64Array, weight: number): void {
  let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of row)
    if (v > first) {
      second = first;
      first = v;
    } else if (v > second) second = v;
  row.forEach((v, t) => {
    sums[t] += weight * (v === first ? v - second : v - first);
  });
}
