import { child, type Key } from "../core/random.ts";
import { type Augmentation, dsaSettings } from "../data/augment/Augmentation.ts";
import { type AugmentationTensors, augmentationTensors } from "../data/augment/augmentTensor.ts";
import { type DsaOperator, drawDsa } from "../data/augment/dsa.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import type { Device } from "../engine/device.ts";
import { type Floats, initialise, type Network } from "../nn/Network.ts";
import { convNet } from "../nn/networks/convNet.ts";
import { type Optimiser, sgd } from "../nn/optimisers.ts";
import type { Tree } from "../tensor/tree.ts";
import type { MatchingOptions } from "./distributionMatching.ts";
import { compileMatchingStep, type MatchingStep } from "./embedding.ts";
import { RealMeans } from "./RealMeans.ts";

// Chosen: together up to 256 images and 16 classes are updated by one call of the program, which bounds its memory.
const [mostImages, mostClasses] = [256, 16];

interface Parts {
  readonly network: Network;
  readonly optimiser: Optimiser;
  readonly real: RealMeans;
  readonly step: MatchingStep;
  /** Classes that one call of `step` updates. */
  readonly groups: number;
  readonly classes: number;
  readonly side: number;
  readonly operators: readonly DsaOperator[];
  readonly lrImg: number;
}

/** One iteration of distribution matching, compiled. */
export class MatchingUpdate {
  private readonly parts: Parts;
  private tensors: AugmentationTensors | undefined;

  private constructor(parts: Parts) {
    this.parts = parts;
  }

  static async compile(
    set: LabelledSet,
    rows: readonly Int32Array[],
    { ipc, lrImg, momentum, batchReal, width, depth, norm }: MatchingOptions,
    operators: readonly DsaOperator[],
    normalisation: Normalisation,
    device: Device,
  ): Promise<MatchingUpdate> {
    const [, channels, side] = set.shape;
    const { classes } = set;
    const network = convNet({ channels, size: side, classes }, { width, depth, norm });
    const optimiser = sgd({ momentum });
    const groups = classesTogether(classes, ipc);
    const real = await RealMeans.compile(network, set, rows, normalisation, batchReal, device);
    const shape = { groups, ipc, features: real.features, augmented: operators.length > 0 };
    const step = await compileMatchingStep(network, shape, optimiser, device);
    return new MatchingUpdate({ network, optimiser, real, step, groups, classes, side, operators, lrImg });
  }

  /**
   * Draw a network, real images and an augmentation for each class, and update the synthetic images.
   *
   * @param images K·ipc·C·H·W numbers, class after class
   * @param slots what the optimiser carries on, each as long as `images`
   * @returns the new images and slots, and the loss before the update.
   */
  async run(images: Floats, slots: readonly Floats[], key: Key) {
    const { network, real, classes, groups, side, operators } = this.parts;
    const weights = initialise(network.weights, child(key, "network"));
    const batch = { images: 1, height: side, width: side };
    const draws = Array.from({ length: classes }, (_, k) =>
      drawDsa(child(key, "augmentation", k), operators, batch, true),
    );
    const means = await real.of(weights, draws, (k) => child(key, "real", k));
    const next = { images: new Float32Array(images.length), slots: slots.map((s) => new Float32Array(s.length)) };
    let loss = 0;
    for (let first = 0; first < classes; first += groups) {
      const part = (all: Floats) => {
        const size = all.length / classes;
        return all.subarray(first * size, (first + groups) * size);
      };
      const own = draws.slice(first, first + groups);
      const moved = await this.updatePart(weights, part(images), slots.map(part), part(means), own);
      part(next.images).set(moved.images);
      moved.slots.forEach((slot, i) => {
        part(next.slots[i]).set(slot);
      });
      loss += moved.loss[0];
    }
    return { ...next, loss };
  }

  private updatePart(
    weights: Tree<Floats>,
    images: Floats,
    slots: readonly Floats[],
    means: Floats,
    draws: readonly (Augmentation | undefined)[],
  ) {
    const { optimiser, step, side, operators, lrImg } = this.parts;
    if (operators.length > 0) this.tensors = augmentationTensors(draws, side, side, dsaSettings, this.tensors);
    const augmentation = this.tensors ? [this.tensors.matrix, this.tensors.colour] : [];
    // Plain SGD does not look at the step's number.
    return step(weights, images, slots, means, Float32Array.from(optimiser.hyper(0, lrImg)), augmentation);
  }

  async release(): Promise<void> {
    await Promise.all([this.parts.real.release(), this.parts.step.release()]);
  }
}

/** The largest divisor of K that keeps a call small. */
function classesTogether(classes: number, ipc: number): number {
  const most = Math.max(1, Math.min(mostClasses, Math.floor(mostImages / ipc)));
  let groups = Math.min(classes, most);
  while (classes % groups !== 0) groups--;
  return groups;
}
