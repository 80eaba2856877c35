import * as z from "zod";
import { Holder } from "../../core/closable.ts";
import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, initialise, type Network } from "../../nn/Network.ts";
import { networkName } from "../../nn/networkName.ts";
import { networkRegistry as networks } from "../../nn/networkRegistry.ts";
import { sgd } from "../../nn/optimisers.ts";
import { Learner, type LearnerState } from "../../train/Learner.ts";
import { targetsOf } from "../../train/targets.ts";
import { dealt, rowsOf } from "./miniBatches.ts";

/** How the interceptor trains networks. */
export const sgdOptions = {
  lr: z.number().positive().default(0.01).describe("SGD learning rate"),
  momentum: z.number().min(0).lt(1).default(0.9).describe("SGD momentum"),
  weightDecay: z.number().min(0).default(5e-4).describe("SGD weight decay"),
};

export const poolSurrogateOptions = z.strictObject({
  networks: z.array(networkName).min(1).default(["convNet"]).describe("architectures of the pool"),
  width: z.int().min(1).default(32).describe("width of each"),
  ...sgdOptions,
});

export type SurrogateOptions = z.infer<z.ZodObject<typeof sgdOptions>>;

/** The architectures of a pool. */
export const surrogatesOf = (
  set: DistilledSet,
  options: z.infer<typeof poolSurrogateOptions>,
  batch: number,
  device: Device,
): Surrogates[] =>
  options.networks.map((name) => {
    const [, channels, size] = set.shape;
    const network = networks[name]({ channels, size, classes: set.classes }, { width: options.width });
    return new Surrogates(network, set, options, batch, device);
  });

/** The interceptor's own networks of one architecture: fresh ones, trained a few full passes on the set at hand. */
export class Surrogates extends Holder {
  readonly learner: Learner;
  private readonly set: DistilledSet;
  private readonly options: SurrogateOptions;
  private readonly targets: Floats;
  /** Rows of each step of a pass. */
  private readonly parts: readonly Int32Array[];

  /** @param batch images a step: the whole set up to this many. */
  constructor(network: Network, set: DistilledSet, options: SurrogateOptions, batch: number, device: Device) {
    super();
    this.set = set;
    this.options = options;
    this.targets = targetsOf(set);
    this.parts = dealt(set.shape[0], batch);
    this.learner = new Learner(network, sgd({ momentum: options.momentum, weightDecay: options.weightDecay }), device);
  }

  fresh(key: Key): LearnerState {
    const { weights, running } = this.learner.network;
    return this.learner.start(initialise(weights, child(key, "weights")), initialise(running, child(key, "running")));
  }

  /** After `passes` more passes over the set's labels with these images: the set's own, or a changed copy. */
  async advance(state: LearnerState, passes: number, images: Floats = this.set.images): Promise<LearnerState> {
    const m = this.set.shape[0];
    let next = state;
    for (let i = 0; i < passes; i++)
      for (const part of this.parts) {
        const [x, y] = [rowsOf(images, part, m), rowsOf(this.targets, part, m)];
        next = (await this.learner.step(next, x, y, this.options.lr)).state;
      }
    return next;
  }

  /** How many passes a network has seen. */
  passes({ step }: LearnerState): number {
    return step / this.parts.length;
  }

  /** A fresh network of `key` after so many passes over the set, or over a changed copy of its images. */
  trained(passes: number, key: Key, images?: Floats): Promise<LearnerState> {
    return this.advance(this.fresh(key), passes, images);
  }

  close(): Promise<void> {
    return this.learner.close();
  }
}
