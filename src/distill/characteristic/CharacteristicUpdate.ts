import { closeAll, Holder } from "../../core/closable.ts";
import { child, type Key, normal } from "../../core/random.ts";
import type { Augmentation } from "../../data/augment/Augmentation.ts";
import { type DsaOperator, drawDsa } from "../../data/augment/dsa.ts";
import { classRows, sampleRows } from "../../data/classRows.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, initialise, type Network, zerosLike } from "../../nn/Network.ts";
import { adamDirection } from "../common/momentArrays.ts";
import { networkWithoutBatchNorm } from "../common/networkFor.ts";
import { RealImages } from "../common/RealImages.ts";
import { showAdjoint, showImages } from "../common/showImages.ts";
import { type CharacteristicOptions, usualLrSampler } from "./characteristicOptions.ts";
import {
  type CharacteristicSlope,
  compileCharacteristicSlope,
  compileUnitFeatures,
  type Sampler,
  type UnitFeatures,
} from "./compileCharacteristic.ts";
import { samplerParams } from "./sampler.ts";

// Chosen: real images that are embedded at once.
const most = 64;

const adamOfImages = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };

/** Everything that an iteration changes. */
export interface CharacteristicState {
  readonly images: Floats;
  /** Adam's, each as long as the images. */
  readonly slots: readonly Floats[];
  readonly sampler: Sampler;
}

interface Parts {
  readonly network: Network;
  readonly embed: UnitFeatures;
  readonly slope: CharacteristicSlope;
  /** Real images that are embedded at once. */
  readonly part: number;
  /** D. */
  readonly features: number;
  readonly rows: readonly Int32Array[];
  readonly set: LabelledSet;
  readonly images: RealImages;
  readonly options: CharacteristicOptions;
  readonly operators: readonly DsaOperator[];
}

/** One iteration of matching characteristic functions, compiled. */
export class CharacteristicUpdate extends Holder {
  private readonly parts: Parts;

  private constructor(parts: Parts) {
    super();
    this.parts = parts;
  }

  /** @param who the method, for errors */
  static async compile(
    who: string,
    set: LabelledSet,
    normalisation: Normalisation,
    options: CharacteristicOptions,
    operators: readonly DsaOperator[],
    device: Device,
  ): Promise<CharacteristicUpdate> {
    const network = networkWithoutBatchNorm(set, options, who);
    const rows = classRows(set);
    const part = Math.min(most, options.batchReal);
    const embed = await compileUnitFeatures(network, part, device);
    try {
      const zeros = new Float32Array(part * network.input.reduce((a, b) => a * b));
      const first = await embed.hold(initialise(network.weights, { hex: "0".repeat(32) }));
      const features = (await first(zeros)).length / part;
      const { ipc, factor, frequencies, batchReal, alpha, sampler } = options;
      const shape = { n: ipc * factor ** 2, features, frequencies, batchReal, alpha, learnt: sampler === "learnt" };
      const slope = await compileCharacteristicSlope(network, shape, device);
      return new CharacteristicUpdate({
        ...{ network, embed, slope, part, features, rows, set, options, operators },
        images: new RealImages(set, normalisation),
      });
    } catch (error) {
      await embed.close();
      throw error;
    }
  }

  /** ψ before it has learnt; nothing where frequencies are drawn. */
  fresh(key: Key): Sampler {
    const { options, features } = this.parts;
    if (options.sampler === "random") return { weights: [], velocity: [] };
    const weights = initialise(samplerParams(features), key);
    return { weights, velocity: zerosLike(weights) };
  }

  /** Draw a network, frequencies, real images and an augmentation for each class, and update images and ψ class by class. */
  async run({ images, slots, sampler }: CharacteristicState, iteration: number, key: Key) {
    const { network, embed, features, rows, set, options, operators } = this.parts;
    const [, c, h, w] = set.shape;
    const { ipc, factor, lrImg, lrSampler = usualLrSampler } = options;
    const weights = initialise(network.weights, child(key, "network"));
    const [embedded, slope] = [await embed.hold(weights), await this.parts.slope.hold(weights)];
    const numbers = normal(child(key, "frequencies"), options.frequencies * features);
    const next = { images: new Float32Array(images.length), slots: slots.map((s) => new Float32Array(s.length)) };
    let [psi, loss] = [sampler, 0];
    for (let k = 0; k < rows.length; k++) {
      const part = (all: Floats) => all.subarray((k * all.length) / rows.length, ((k + 1) * all.length) / rows.length);
      const batch = { images: 1, height: h, width: w };
      const draw = drawDsa(child(key, "augmentation", k), operators, batch, true);
      const { real, share } = await this.real(embedded, k, draw, child(key, "real", k));
      const showing = { shape: [ipc, c, h, w] as const, factor, draws: [draw] };
      const seen = showImages(part(images), showing);
      const found = await slope(seen, real, share, numbers, psi, Float32Array.of(lrSampler));
      const [mean, square] = slots.map(part);
      const moved = adamDirection({ mean, square }, showAdjoint(found.gradient, showing), iteration, adamOfImages);
      part(next.images).set(part(images).map((x, i) => x - lrImg * moved.direction[i]));
      part(next.slots[0]).set(moved.mean);
      part(next.slots[1]).set(moved.square);
      psi = found.sampler;
      loss += found.loss[0] / rows.length;
    }
    return { state: { ...next, sampler: psi }, loss };
  }

  close(): Promise<void> {
    return closeAll([this.parts.embed, this.parts.slope]);
  }

  /** Features of random real images of a class, and the share of each; none of those that fill up where a class has fewer. */
  private async real(embed: (x: Floats) => Promise<Floats>, k: number, draw: Augmentation | undefined, key: Key) {
    const { part, features, rows, set, images, options } = this.parts;
    const [, c, h, w] = set.shape;
    const chosen = sampleRows(rows[k], options.batchReal, key);
    const real = new Float32Array(options.batchReal * features);
    for (let from = 0; from < chosen.length; from += part) {
      const own = chosen.subarray(from, from + part);
      const x = new Float32Array(part * c * h * w);
      x.set(images.at(own, [draw]));
      real.set((await embed(x)).subarray(0, own.length * features), from * features);
    }
    return { real, share: new Float32Array(options.batchReal).fill(1 / chosen.length, 0, chosen.length) };
  }
}
