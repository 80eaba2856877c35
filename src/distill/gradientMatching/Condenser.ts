import { closeAll, Holder } from "../../core/closable.ts";
import { child, type Key } from "../../core/random.ts";
import { type DsaOperator, drawDsa } from "../../data/augment/dsa.ts";
import { augmentBatch } from "../../data/augment/stages.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, initialise, type Network } from "../../nn/Network.ts";
import { sgd } from "../../nn/optimisers.ts";
import type { Tree } from "../../tensor/tree.ts";
import { Learner } from "../../train/Learner.ts";
import { batchesOf } from "../../train/train.ts";
import { momentumStep } from "../common/momentArrays.ts";
import { decodeImages } from "../common/multiFormation.ts";
import { networkWithoutBatchNorm } from "../common/networkFor.ts";
import { showAdjoint, showImages } from "../common/showImages.ts";
import { compileMatch, type Match } from "./compileMatch.ts";
import type { CondensationOptions } from "./condensationOptions.ts";
import { RealGradients } from "./RealGradients.ts";

interface Data {
  readonly set: LabelledSet;
  readonly operators: readonly DsaOperator[];
}

interface Parts {
  readonly network: Network;
  readonly match: Match;
  readonly gradients: RealGradients;
  readonly learner: Learner;
}

/** The two halves of an iteration of gradient matching, compiled: update the images at a network, train the network on them. */
export class Condenser extends Holder {
  private readonly data: Data;
  private readonly options: CondensationOptions;
  private readonly parts: Parts;

  private constructor(data: Data, options: CondensationOptions, parts: Parts) {
    super();
    this.data = data;
    this.options = options;
    this.parts = parts;
  }

  /** @param who the method, for errors */
  static async compile(
    who: string,
    set: LabelledSet,
    options: CondensationOptions,
    operators: readonly DsaOperator[],
    normalisation: Normalisation,
    device: Device,
  ): Promise<Condenser> {
    const network = networkWithoutBatchNorm(set, options, who);
    const match = await compileMatch(network, options.ipc * options.factor ** 2, device);
    const gradients = new RealGradients(set, normalisation, network, device);
    const learner = new Learner(network, sgd(), device);
    const data = { set, operators };
    return new Condenser(data, options, { network, match, gradients, learner });
  }

  /** Weights of a new network. */
  draw(key: Key): Tree<Floats> {
    return initialise(this.parts.network.weights, key);
  }

  /**
   * Update the images of every class by the distance of its gradients to those of real images, at one network.
   *
   * @param images K·ipc·C·H·W numbers, class after class
   * @param slots what the optimiser carries on, each as long as `images`
   * @returns the new images and slots, and the mean distance of a class before the update.
   */
  async update(weights: Tree<Floats>, images: Floats, slots: readonly Floats[], key: Key) {
    const { classes } = this.data.set;
    const [, c, h, w] = this.data.set.shape;
    const { ipc, factor, batchReal, momentum, lrImg } = this.options;
    const next = { images: new Float32Array(images.length), slots: slots.map((s) => new Float32Array(s.length)) };
    const match = await this.parts.match.hold(weights);
    const batch = { images: 1, height: h, width: w };
    let loss = 0;
    for (let k = 0; k < classes; k++) {
      const part = (all: Floats) => all.subarray((k * all.length) / classes, ((k + 1) * all.length) / classes);
      const draws = [drawDsa(child(key, "augmentation", k), this.data.operators, batch, true)];
      const real = await this.parts.gradients.of(weights, k, batchReal, draws, child(key, "real", k));
      const showing = { shape: [ipc, c, h, w] as const, factor, draws };
      const found = await match(real, this.labels(k, ipc * factor ** 2), showImages(part(images), showing));
      const gradient = showAdjoint(found.gradient, showing);
      const moved = momentumStep(part(images), slots.map(part)[0], gradient, momentum, lrImg);
      part(next.images).set(moved.values);
      if (moved.velocity) part(next.slots[0]).set(moved.velocity);
      loss += found.loss[0] / classes;
    }
    return { ...next, loss };
  }

  /** Train a network on the images for some epochs, each batch augmented by one operator, every image by its own numbers. */
  async train(weights: Tree<Floats>, images: Floats, epochs: number, key: Key): Promise<Tree<Floats>> {
    const { learner } = this.parts;
    const [, c, h, w] = this.data.set.shape;
    const { ipc, factor, batchTrain, lrNet } = this.options;
    const { classes } = this.data.set;
    const x = decodeImages(images, [classes * ipc, c, h, w], factor);
    const n = ipc * factor ** 2;
    const y = new Float32Array(classes * n * classes);
    for (let k = 0; k < classes; k++) y.set(this.labels(k, n), k * n * classes);
    const stages = this.data.operators.length > 0 ? [this.data.operators] : [];
    let state = learner.start(weights, []);
    for (let epoch = 0; epoch < epochs; epoch++)
      for (const [i, batch] of batchesOf({ x, y }, classes * n, batchTrain, child(key, "order", epoch)).entries()) {
        const own = child(key, "augmentation", epoch, i);
        const shape = [batch.y.length / classes, c, h, w] as const;
        const seen = augmentBatch(batch.x, shape, stages, { siamese: false, noise: 0 }, own);
        ({ state } = await learner.step(state, seen, batch.y, lrNet));
      }
    return state.weights;
  }

  close(): Promise<void> {
    return closeAll([this.parts.match, this.parts.gradients, this.parts.learner]);
  }

  /** One-hot labels of n images of class k. */
  private labels(k: number, n: number): Floats {
    const { classes } = this.data.set;
    const y = new Float32Array(n * classes);
    for (let i = 0; i < n; i++) y[i * classes + k] = 1;
    return y;
  }
}
