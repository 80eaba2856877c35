import { Holder } from "../../core/closable.ts";
import type { Device } from "../../engine/device.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";
import { Unrolled as AnyUnrolled, type Visited as AnyVisited } from "../../train/Unrolled.ts";
import { rowsOf } from "../common/miniBatches.ts";
import type { SurrogateOptions } from "../common/surrogate.ts";

/** A step of training and the rows of the set that it read. */
export interface Visited extends AnyVisited {
  readonly rows: Int32Array;
}

/** Training on a set, a few steps at a time, and the derivative of what it reaches with respect to the images. */
export class Unrolled extends Holder {
  private readonly learner: Learner;
  private readonly parts: readonly Int32Array[];
  private readonly labels: Floats;
  private readonly lr: number;
  private readonly steps: AnyUnrolled;

  /**
   * @param learner plain SGD with the options' momentum and weight decay
   * @param parts rows of the set that the steps read in turn
   * @param labels Y [M, K]
   */
  constructor(
    learner: Learner,
    parts: readonly Int32Array[],
    labels: Floats,
    options: SurrogateOptions,
    device: Device,
  ) {
    super();
    this.learner = learner;
    this.parts = parts;
    this.labels = labels;
    this.lr = options.lr;
    this.steps = new AnyUnrolled(learner, options, device);
  }

  /** Train on the images [M, C, H, W] for so many steps, and remember the way. */
  async forward(from: LearnerState, images: Floats, steps: number): Promise<{ state: LearnerState; path: Visited[] }> {
    const m = this.size;
    const rows: Int32Array[] = [];
    const shown = (_: number, state: LearnerState) => {
      const own = this.parts[state.step % this.parts.length];
      rows.push(own);
      return { x: rowsOf(images, own, m), y: rowsOf(this.labels, own, m) };
    };
    const { state, path } = await this.steps.forward(from, steps, shown, this.lr);
    return { state, path: path.map((one, i) => ({ ...one, rows: rows[i] })) };
  }

  /**
   * ∂L/∂X of a loss L(θ_K) of the weights at the end of the path, given ∂L/∂θ_K; the path's start is held.
   *
   * @returns [M, C, H, W]
   */
  async backward(path: readonly Visited[], images: Floats, gradient: Tree<Floats>): Promise<Floats> {
    const out = new Float32Array(images.length);
    const width = images.length / this.size;
    await this.steps.backward(path, this.lr, gradient, (step, back) => {
      path[step].rows.forEach((row, i) => {
        for (let j = 0; j < width; j++) out[row * width + j] += back.images[i * width + j];
      });
    });
    return out;
  }

  close(): Promise<void> {
    return this.steps.close();
  }

  private get size(): number {
    return this.labels.length / this.learner.network.classes;
  }
}
