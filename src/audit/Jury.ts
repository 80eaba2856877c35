import type { ImageShape } from "../data/LabelledSet.ts";
import { fromPixels } from "../data/normalise.ts";
import type { Floats } from "../nn/Network.ts";
import type { LearnerState } from "../train/Learner.ts";
import { CHUNK, type Panel } from "./Panel.ts";
import { type Patch, paste } from "./Patch.ts";

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
  /** The pictures as the networks see them. */
  private readonly seen: Floats;
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
    this.seen = fromPixels(pixels, [before[0].length, ...shape.slice(1)] as unknown as ImageShape, panel.space);
  }

  static async seat(panel: Panel, states: readonly LearnerState[], pixels: Floats, shape: ImageShape): Promise<Jury> {
    const before: Int32Array[] = [];
    for (const state of states) before.push(await panel.calls(state, pixels));
    return new Jury(panel, states, pixels, shape, before);
  }

  get pictures(): number {
    return this.before[0].length;
  }

  /** The same networks before fewer pictures: every so-many-th of them, from the given one on. */
  thinned(step: number, first = 0): Jury {
    const size = this.pixels.length / this.pictures;
    const kept = Math.floor((this.pictures - first + step - 1) / step);
    const some = new Float32Array(kept * size);
    const rows = Array.from({ length: kept }, (_, i) => first + i * step);
    rows.forEach((row, i) => {
      some.set(this.pixels.subarray(row * size, (row + 1) * size), i * size);
    });
    const before = this.before.map((calls) => Int32Array.from(rows, (row) => calls[row]));
    return new Jury(this.panel, this.states, some, this.shape, before);
  }

  /** Some of the networks before the same pictures. */
  of(from: number, to: number): Jury {
    return new Jury(this.panel, this.states.slice(from, to), this.pixels, this.shape, this.before.slice(from, to));
  }

  /** Judge one patch on every picture by every network, for all classes at once. */
  async judge(patch: Patch): Promise<Success> {
    return (await this.judgeAll([patch]))[0];
  }

  /** Judge many patches: full graphs whatever the number of pictures is. */
  async judgeAll(patches: readonly Patch[]): Promise<Success[]> {
    const k = this.panel.classes;
    const n = this.pictures;
    const size = this.seen.length / n;
    const seen = patches.map((patch) => this.inSpace(patch));
    const hits = patches.map(() => new Float64Array(k));
    const margins = patches.map(() => new Float64Array(k));
    const eligible = new Float64Array(k);
    for (const before of this.before)
      for (let t = 0; t < k; t++) for (const call of before) if (call !== t) eligible[t]++;
    const rows = patches.length * n;
    const weight = 1 / (n * this.states.length);
    const shown = new Float32Array(CHUNK * size);
    const asked = this.states.map((state) => this.panel.predictor(state));
    for (let from = 0; from < rows; from += CHUNK) {
      const many = Math.min(CHUNK, rows - from);
      for (let i = 0; i < many; i++) {
        const [p, picture] = [Math.floor((from + i) / n), (from + i) % n];
        shown.set(this.seen.subarray(picture * size, (picture + 1) * size), i * size);
        paste(shown, i * size, this.shape, seen[p]);
      }
      for (const [s, ask] of asked.entries()) {
        const { logits } = await ask(shown);
        for (let i = 0; i < many; i++) {
          const [p, picture] = [Math.floor((from + i) / n), (from + i) % n];
          const call = addMargins(logits.subarray(i * k, (i + 1) * k), margins[p], weight);
          if (call !== this.before[s][picture]) hits[p][call]++;
        }
      }
    }
    return patches.map((_, p) => ({
      rate: hits[p].map((count, t) => (eligible[t] === 0 ? 0 : count / eligible[t])),
      margin: margins[p],
    }));
  }

  /** A patch in the space of the networks. Normalisation is affine: it commutes with mixing. */
  private inSpace(patch: Patch): Patch {
    const { side } = patch;
    return { ...patch, values: fromPixels(patch.values, [1, this.shape[1], side, side], this.panel.space) };
  }
}

/** Add each class's logit less the largest other one. @returns the class of the largest */
function addMargins(row: Float32Array, sums: Float64Array, weight: number): number {
  let [first, second, call] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let t = 0; t < row.length; t++) {
    const v = row[t];
    if (v > first) [first, second, call] = [v, first, t];
    else if (v > second) second = v;
  }
  for (let t = 0; t < row.length; t++) sums[t] += weight * (t === call ? first - second : row[t] - first);
  return call;
}
