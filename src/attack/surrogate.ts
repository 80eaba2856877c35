import type { Key } from "../core/random.ts";
import { child } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Device } from "../engine/device.ts";
import { type Floats, initialise } from "../nn/Network.ts";
import { convNet } from "../nn/networks/convNet.ts";
import { sgd } from "../nn/optimisers.ts";
import type { Tree } from "../tensor/tree.ts";
import { Learner } from "../train/Learner.ts";
import { targetsOf } from "../train/targets.ts";
import { takeRows } from "../train/train.ts";

export interface SurrogateOptions {
  readonly width: number;
  readonly depth: number;
  /** 0 = no extra layer. */
  readonly hidden: number;
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** The interceptor's own networks: fresh ones, trained a few full passes on the set at hand. */
export class Surrogates {
  readonly learner: Learner;
  private readonly set: DistilledSet;
  private readonly options: SurrogateOptions;
  private readonly targets: Floats;
  /** Images a step: the whole set up to this many. */
  private readonly batch: number;

  constructor(set: DistilledSet, options: SurrogateOptions, batch: number, device: Device) {
    const [, channels, size] = set.shape;
    const hidden = options.hidden === 0 ? undefined : options.hidden;
    const network = convNet(
      { channels, size, classes: set.classes },
      { width: options.width, depth: options.depth, hidden },
    );
    this.set = set;
    this.options = options;
    this.targets = targetsOf(set);
    this.batch = batch;
    this.learner = new Learner(network, sgd({ momentum: options.momentum, weightDecay: options.weightDecay }), device);
  }

  /** Weights after `steps` passes over the set from the initial weights of `key`. */
  async trained(steps: number, key: Key, onStep?: (loss: number) => void): Promise<Tree<Floats>> {
    const { network } = this.learner;
    let state = this.learner.start(initialise(network.weights, child(key, "weights")), []);
    const m = this.set.shape[0];
    for (let i = 0; i < steps; i++) {
      let loss = 0;
      for (let from = 0; from < m; from += this.batch) {
        const rows = Int32Array.from({ length: Math.min(this.batch, m - from) }, (_, j) => from + j);
        const x = rows.length === m ? this.set.images : takeRows(this.set.images, m, rows);
        const y = rows.length === m ? this.targets : takeRows(this.targets, m, rows);
        const result = await this.learner.step(state, x, y, this.options.lr);
        state = result.state;
        loss = result.loss;
      }
      onStep?.(loss);
    }
    return state.weights;
  }

  release(): Promise<void> {
    return this.learner.release();
  }
}
