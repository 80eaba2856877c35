import { closeAll, Holder } from "../../core/closable.ts";
import { child, type Key } from "../../core/random.ts";
import { type DsaOperator, drawDsa } from "../../data/augment/dsa.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, initialise, type Network } from "../../nn/Network.ts";
import { momentumStep } from "../common/momentArrays.ts";
import { networkWithoutBatchNorm } from "../common/networkFor.ts";
import { showAdjoint, showImages } from "../common/showImages.ts";
import { compileMatchingSlope, type Embed, type MatchingSlope } from "./embedding.ts";
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
  readonly real: RealMeans;
  readonly slope: MatchingSlope;
  readonly set: LabelledSet;
  readonly operators: readonly DsaOperator[];
  readonly options: MatchingOptions;
}

/** One iteration of matching means, compiled. */
export class MatchingUpdate extends Holder {
  private readonly parts: Parts;

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
    const { ipc, factor, batchReal } = options;
    const network = networkWithoutBatchNorm(set, options, who);
    const real = await RealMeans.compile(network, set, rows, normalisation, batchReal, device, embed);
    const n = ipc * factor ** 2;
    const slope = await compileMatchingSlope(network, n, real.features, device, embed).catch(async (error: unknown) => {
      await real.close();
      throw error;
    });
    return new MatchingUpdate({ network, real, slope, set, operators, options });
  }

  /**
   * Draw a network, real images and an augmentation for each class, and update the synthetic images.
   *
   * @param images K·ipc·C·H·W numbers, class after class
   * @param slots what the optimiser carries on, each as long as `images`
   * @returns the new images and slots, and the loss before the update.
   */
  async run(images: Floats, slots: readonly Floats[], key: Key) {
    const { network, real, set, operators } = this.parts;
    const { ipc, factor, lrImg, momentum } = this.parts.options;
    const { classes } = set;
    const [, c, h, w] = set.shape;
    const weights = initialise(network.weights, child(key, "network"));
    const batch = { images: 1, height: h, width: w };
    const draws = Array.from({ length: classes }, (_, k) =>
      drawDsa(child(key, "augmentation", k), operators, batch, true),
    );
    const means = await real.of(weights, draws, (k) => child(key, "real", k));
    const slope = await this.parts.slope.hold(weights);
    const next = { images: new Float32Array(images.length), slots: slots.map((s) => new Float32Array(s.length)) };
    let loss = 0;
    // Class by class: what a small batch computes stays near the processor, and memory does not grow with the classes.
    for (let k = 0; k < classes; k++) {
      const part = (all: Floats) => all.subarray((k * all.length) / classes, ((k + 1) * all.length) / classes);
      const showing = { shape: [ipc, c, h, w] as const, factor, draws: [draws[k]] };
      const found = await slope(showImages(part(images), showing), part(means));
      const gradient = showAdjoint(found.gradient, showing);
      const moved = momentumStep(part(images), slots.map(part)[0], gradient, momentum, lrImg);
      part(next.images).set(moved.values);
      if (moved.velocity) part(next.slots[0]).set(moved.velocity);
      loss += found.loss[0];
    }
    return { ...next, loss };
  }

  close(): Promise<void> {
    return closeAll([this.parts.real, this.parts.slope]);
  }
}
