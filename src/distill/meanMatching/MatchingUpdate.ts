import { closeAll, Holder } from "../../core/closable.ts";
import { child, type Key } from "../../core/random.ts";
import { type Augmentation, dsaSettings } from "../../data/augment/Augmentation.ts";
import { type AugmentationTensors, augmentationTensors } from "../../data/augment/augmentTensor.ts";
import { type DsaOperator, drawDsa } from "../../data/augment/dsa.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, initialise, type Network } from "../../nn/Network.ts";
import { type Optimiser, sgd } from "../../nn/optimisers.ts";
import type { Tree } from "../../tensor/tree.ts";
import { networkWithoutBatchNorm } from "../common/networkFor.ts";
import { compileMatchingStep, type Embed, type MatchingStep } from "./embedding.ts";
import type { MatchingOptions } from "./matchingOptions.ts";
import { RealMeans } from "./RealMeans.ts";

interface Data {
  readonly set: LabelledSet;
  /** Rows of each class. */
  readonly rows: readonly Int32Array[];
  readonly normalisation: Normalisation;
}

interface Parts {
  readonly network: Network;
  readonly optimiser: Optimiser;
  readonly real: RealMeans;
  readonly step: MatchingStep;
  readonly classes: number;
  readonly side: number;
  readonly operators: readonly DsaOperator[];
  readonly lrImg: number;
}

/** One iteration of matching means, compiled. */
export class MatchingUpdate extends Holder {
  private readonly parts: Parts;
  private tensors: AugmentationTensors | undefined;

  private constructor(parts: Parts) {
    super();
    this.parts = parts;
  }

  /** @param who the method, for errors */
  static async compile(
    who: string,
    { set, rows, normalisation }: Data,
    options: MatchingOptions,
    operators: readonly DsaOperator[],
    device: Device,
    embed?: Embed,
  ): Promise<MatchingUpdate> {
    const { ipc, factor, lrImg, momentum, batchReal } = options;
    const side = set.shape[2];
    const { classes } = set;
    const network = networkWithoutBatchNorm(set, options, who);
    const optimiser = sgd({ momentum });
    const real = await RealMeans.compile(network, set, rows, normalisation, batchReal, device, embed);
    const shape = { ipc, features: real.features, augmented: operators.length > 0, factor, embed };
    const step = await compileMatchingStep(network, shape, optimiser, device).catch(async (error: unknown) => {
      await real.close();
      throw error;
    });
    return new MatchingUpdate({ network, optimiser, real, step, classes, side, operators, lrImg });
  }

  /**
   * Draw a network, real images and an augmentation for each class, and update the synthetic images.
   *
   * @param images K·ipc·C·H·W numbers, class after class
   * @param slots what the optimiser carries on, each as long as `images`
   * @returns the new images and slots, and the loss before the update.
   */
  async run(images: Floats, slots: readonly Floats[], key: Key) {
    const { network, real, classes, side, operators } = this.parts;
    const weights = initialise(network.weights, child(key, "network"));
    const batch = { images: 1, height: side, width: side };
    const draws = Array.from({ length: classes }, (_, k) =>
      drawDsa(child(key, "augmentation", k), operators, batch, true),
    );
    const means = await real.of(weights, draws, (k) => child(key, "real", k));
    const next = { images: new Float32Array(images.length), slots: slots.map((s) => new Float32Array(s.length)) };
    let loss = 0;
    // Class by class: what a small batch computes stays near the processor, and memory does not grow with the classes.
    for (let k = 0; k < classes; k++) {
      const part = (all: Floats) => all.subarray((k * all.length) / classes, ((k + 1) * all.length) / classes);
      const moved = await this.updateClass(weights, part(images), slots.map(part), part(means), draws[k]);
      part(next.images).set(moved.images);
      moved.slots.forEach((slot, i) => {
        part(next.slots[i]).set(slot);
      });
      loss += moved.loss[0];
    }
    return { ...next, loss };
  }

  private updateClass(
    weights: Tree<Floats>,
    images: Floats,
    slots: readonly Floats[],
    means: Floats,
    draw: Augmentation | undefined,
  ) {
    const { optimiser, step, side, operators, lrImg } = this.parts;
    if (operators.length > 0) this.tensors = augmentationTensors([draw], side, side, dsaSettings, this.tensors);
    const augmentation = this.tensors ? [this.tensors.matrix, this.tensors.colour] : [];
    // Plain SGD does not look at the step's number.
    return step(weights, images, slots, means, Float32Array.from(optimiser.hyper(0, lrImg)), augmentation);
  }

  close(): Promise<void> {
    return closeAll([this.parts.real, this.parts.step]);
  }
}
