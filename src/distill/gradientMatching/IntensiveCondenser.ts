import { closeAll, Holder } from "../../core/closable.ts";
import { child, type Key, permutation, Stream } from "../../core/random.ts";
import type { Augmentation } from "../../data/augment/Augmentation.ts";
import { drawDsa } from "../../data/augment/dsa.ts";
import { augmentBatch } from "../../data/augment/stages.ts";
import type { ImageShape, LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import { gamutBounds } from "../../data/Trigger.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, initialise, type Network } from "../../nn/Network.ts";
import { sgd } from "../../nn/optimisers.ts";
import type { Tree } from "../../tensor/tree.ts";
import { Learner, type LearnerState } from "../../train/Learner.ts";
import { drawMix, mix } from "../../train/mixing.ts";
import { momentumStep } from "../common/momentArrays.ts";
import { networkWithoutBatchNorm } from "../common/networkFor.ts";
import { showAdjoint, showImages } from "../common/showImages.ts";
import { compileMatch, type Match } from "./compileMatch.ts";
import type { SettledOptions } from "./intensiveOptions.ts";
import { kernelDistances } from "./kernelDistance.ts";
import { RealGradients } from "./RealGradients.ts";
import { siameseStages } from "./siameseStages.ts";

interface Parts {
  readonly network: Network;
  readonly match: Match;
  readonly gradients: RealGradients;
  readonly learner: Learner;
}

/** The two halves of an update of IDC, compiled: move the images at a network, let the network learn real images. */
export class IntensiveCondenser extends Holder {
  private readonly set: LabelledSet;
  private readonly normalisation: Normalisation;
  private readonly options: SettledOptions;
  private readonly parts: Parts;

  private constructor(set: LabelledSet, options: SettledOptions, normalisation: Normalisation, parts: Parts) {
    super();
    this.set = set;
    this.normalisation = normalisation;
    this.options = options;
    this.parts = parts;
  }

  /** @param who the method, for errors */
  static async compile(
    who: string,
    set: LabelledSet,
    options: SettledOptions,
    normalisation: Normalisation,
    device: Device,
  ): Promise<IntensiveCondenser> {
    const network = networkWithoutBatchNorm(set, options, who);
    const { ipc, factor, distance } = options;
    const match = await compileMatch(network, ipc * factor ** 2, device, kernelDistances[distance]);
    const gradients = new RealGradients(set, normalisation, network, device);
    const learner = new Learner(network, sgd({ momentum: 0.9, weightDecay: 5e-4 }), device);
    return new IntensiveCondenser(set, options, normalisation, { network, match, gradients, learner });
  }

  /** A new network. */
  begin(key: Key): LearnerState {
    return this.parts.learner.start(initialise(this.parts.network.weights, key), []);
  }

  /**
   * Move the images of one class after the other by the distance of its gradients to those of real images. As in the published program
   * the images of all other classes go on with their momentum meanwhile.
   *
   * @param images K·ipc·C·H·W pixels, class after class
   * @returns new images and velocity, and the mean distance of a class.
   */
  async update(weights: Tree<Floats>, images: Floats, velocity: Floats, key: Key) {
    const { classes } = this.set;
    const [, c, h, w] = this.set.shape;
    const { momentum, ipc, factor } = this.options;
    const lrImg = (this.options.lrImg * ipc) / 10;
    const [x, v] = [images.slice(), velocity.slice()];
    const match = await this.parts.match.hold(weights);
    const pixels = gamutBounds(this.normalisation, c);
    const each = x.length / classes;
    let loss = 0;
    for (let k = 0; k < classes; k++) {
      const part = (all: Floats) => all.subarray(k * each, (k + 1) * each);
      const draws = this.draw(child(key, "augmentation", k));
      const real = await this.parts.gradients.of(weights, k, this.options.batchReal, draws, child(key, "real", k));
      const y = this.chosen(k, child(key, "parts", k));
      const showing = { shape: [ipc, c, h, w] as const, factor, draws, pixels };
      const found = await match(real, y, showImages(part(x), showing));
      const gradient = showAdjoint(found.gradient, showing);
      const moved = momentumStep(part(x), momentum > 0 ? part(v) : undefined, gradient, momentum, lrImg);
      for (let i = 0; i < x.length; i++) {
        if (i >= k * each && i < (k + 1) * each) continue;
        v[i] *= momentum;
        x[i] -= lrImg * v[i];
      }
      part(x).set(moved.values);
      if (moved.velocity) part(v).set(moved.velocity);
      loss += found.loss[0] / classes;
    }
    return { images: x, velocity: v, loss };
  }

  /** Some steps on real images of all classes, augmented, a share of the batches mixed by CutMix. */
  async learn(state: LearnerState, key: Key): Promise<LearnerState> {
    const { set, normalisation } = this;
    const { netImages, batchNet, netAugmentation, mixingChance, lrNet } = this.options;
    const [images, c, h, w] = set.shape;
    const n = Math.min(batchNet, images);
    const order = permutation(child(key, "order"), images);
    const stages = siameseStages(netAugmentation, "netAugmentation");
    let now = state;
    for (let i = 0; i < Math.ceil(netImages / batchNet); i++) {
      // A small set is gone through again and again.
      const rows = Array.from({ length: n }, (_, j) => order[(i * n + j) % images]);
      const shape: ImageShape = [n, c, h, w];
      const real = normalisedRows(set, rows, normalisation);
      const x = augmentBatch(real, shape, stages, { siamese: false, noise: 0 }, child(key, "augmentation", i));
      const y = new Float32Array(n * set.classes);
      rows.forEach((row, j) => {
        y[j * set.classes + set.labels[row]] = 1;
      });
      const own = child(key, "mixing", i);
      const mixed = new Stream(child(key, "mixed", i)).uniform() < mixingChance;
      const batch = mixed ? mix(x, y, shape, drawMix("cutmix", 1, own, shape)) : { x, y };
      ({ state: now } = await this.parts.learner.step(now, batch.x, batch.y, lrNet));
    }
    return now;
  }

  close(): Promise<void> {
    return closeAll([this.parts.match, this.parts.gradients, this.parts.learner]);
  }

  /** One siamese draw a stage. */
  private draw(key: Key): (Augmentation | undefined)[] {
    const [, , height, width] = this.set.shape;
    const stages = siameseStages(this.options.augmentation, "augmentation");
    return stages.map((operators, i) => drawDsa(child(key, i), operators, { images: 1, height, width }, true));
  }

  /** Labels of the parts of class k; where there are more than an update reads, those that are not drawn have none and the others weigh more. */
  private chosen(k: number, key: Key): Floats {
    const { classes } = this.set;
    const { ipc, factor, batchSynthetic } = this.options;
    const n = ipc * factor ** 2;
    const read =
      n > batchSynthetic ? permutation(key, n).subarray(0, batchSynthetic) : Array.from({ length: n }, (_, i) => i);
    const y = new Float32Array(n * classes);
    for (const i of read) y[i * classes + k] = n / read.length;
    return y;
  }
}
