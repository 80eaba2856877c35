import { CompiledOnce } from "../../core/CompiledOnce.ts";
import type { Key } from "../../core/random.ts";
import type { Augmentation } from "../../data/augment/Augmentation.ts";
import { classRows, sampleRows } from "../../data/classRows.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Device } from "../../engine/device.ts";
import type { Floats, Network } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import { RealImages } from "../common/RealImages.ts";
import { compileRealGradient, type RealGradient } from "./compileMatch.ts";

/** What real images of a class teach a network: the gradients that synthetic ones are matched with. Compiled once for each batch size. */
export class RealGradients {
  private readonly set: LabelledSet;
  private readonly rows: readonly Int32Array[];
  private readonly images: RealImages;
  private readonly compiled: CompiledOnce<[number], RealGradient>;

  constructor(set: LabelledSet, normalisation: Normalisation, network: Network, device: Device) {
    this.set = set;
    this.rows = classRows(set);
    this.images = new RealImages(set, normalisation);
    this.compiled = new CompiledOnce((n: number) => compileRealGradient(network, n, device));
  }

  /**
   * @param most images; fewer where the class has fewer
   * @param draws augmentations, one after the other, the same for all images
   */
  async of(weights: Tree<Floats>, k: number, most: number, draws: readonly (Augmentation | undefined)[], key: Key) {
    const chosen = sampleRows(this.rows[k], most, key);
    const n = chosen.length;
    const x = this.images.at(chosen, draws);
    const y = new Float32Array(n * this.set.classes);
    for (let i = 0; i < n; i++) y[i * this.set.classes + k] = 1;
    const gradient = await this.compiled.get(n);
    return gradient(weights, [x, y], []);
  }

  close(): Promise<void> {
    return this.compiled.close();
  }
}
