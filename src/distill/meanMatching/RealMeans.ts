import { Holder } from "../../core/closable.ts";
import type { Key } from "../../core/random.ts";
import type { Augmentation } from "../../data/augment/Augmentation.ts";
import { sampleRows } from "../../data/classRows.ts";
import type { ImageShape, LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, initialise, type Network } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import { RealImages } from "../common/RealImages.ts";
import { compileEmbedding, type Embed, type Embedding } from "./embedding.ts";

// Chosen by measurement, 64 images of 32 × 32 at widths 32, 64 and 128: parts of 2 take 1.4 times as long, of 32 1.05 times.
const mostOfPart = 16;

/** Mean embeddings of real images, class by class, without a gradient. */
export class RealMeans extends Holder {
  /** D. */
  readonly features: number;
  private readonly embedding: Embedding;
  private readonly part: number;
  private readonly data: {
    readonly shape: ImageShape;
    readonly rows: readonly Int32Array[];
    readonly images: RealImages;
    readonly batch: number;
  };

  private constructor(embedding: Embedding, part: number, features: number, data: RealMeans["data"]) {
    super();
    this.embedding = embedding;
    this.part = part;
    this.features = features;
    this.data = data;
  }

  /**
   * @param rows rows of each class (classRows.ts), at least one
   * @param batch real images of a class; all of them where there are fewer
   */
  static async compile(
    network: Network,
    set: LabelledSet,
    rows: readonly Int32Array[],
    normalisation: Normalisation,
    batch: number,
    device: Device,
    embed?: Embed,
  ): Promise<RealMeans> {
    const part = Math.ceil(batch / Math.ceil(batch / mostOfPart));
    const embedding = await compileEmbedding(network, part, device, embed);
    // D is what the program gives for any input.
    const zeros = new Float32Array(part * network.input.reduce((a, b) => a * b));
    const weights = initialise(network.weights, { hex: "0".repeat(32) });
    const held = await embedding.hold(weights);
    const { length: features } = await held(zeros, new Float32Array(part)).catch(async (error: unknown) => {
      await embedding.close();
      throw error;
    });
    return new RealMeans(embedding, part, features, {
      ...{ shape: set.shape, rows, batch },
      images: new RealImages(set, normalisation),
    });
  }

  /**
   * Embed a random batch of every class.
   *
   * @param draws siamese augmentation of each class
   * @returns [K, D].
   */
  async of(
    weights: Tree<Floats>,
    draws: readonly (Augmentation | undefined)[],
    keyOf: (k: number) => Key,
  ): Promise<Floats> {
    const { shape, rows, images, batch } = this.data;
    const [, c, h, w] = shape;
    const out = new Float32Array(rows.length * this.features);
    const embed = await this.embedding.hold(weights);
    for (let k = 0; k < rows.length; k++) {
      const chosen = sampleRows(rows[k], batch, keyOf(k));
      for (let from = 0; from < chosen.length; from += this.part) {
        const own = chosen.subarray(from, from + this.part);
        const real = images.at(own, [draws[k]]);
        const x = own.length === this.part ? real : new Float32Array(this.part * c * h * w);
        if (x !== real) x.set(real);
        const share = new Float32Array(this.part).fill(1 / chosen.length, 0, own.length);
        const sum = await embed(x, share);
        for (let d = 0; d < sum.length; d++) out[k * sum.length + d] += sum[d];
      }
    }
    return out;
  }

  close(): Promise<void> {
    return this.embedding.close();
  }
}
