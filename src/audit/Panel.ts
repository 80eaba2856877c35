import { Holder } from "../core/closable.ts";
import { child, type Key } from "../core/random.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { fromPixels } from "../data/normalise.ts";
import type { Device } from "../engine/device.ts";
import type { Floats } from "../nn/Network.ts";
import { convNet } from "../nn/networks/convNet.ts";
import type { Learner, LearnerState } from "../train/Learner.ts";
import { learnerFor } from "../train/learnerFor.ts";
import { protocolOptions } from "../train/protocol.ts";
import { argmaxRows } from "../train/targets.ts";
import { train } from "../train/train.ts";
import type { AuditedSet } from "./AuditedSet.ts";

export interface PanelOptions {
  /** Channels of the first layer. Width 16 learns the triggers that width 32 learns. */
  readonly width: number;
  readonly epochs: number;
}

/** Images a forward pass: one compiled graph serves all. */
export const CHUNK = 64;

/** Networks of one architecture, trained on a set as a receiver would, that are asked about pictures. */
export class Panel extends Holder {
  readonly learner: Learner;
  readonly classes: number;
  /** How pictures become what the networks see. */
  readonly space: Normalisation;
  private readonly audited: AuditedSet;
  private readonly protocol;
  private readonly predictors = new WeakMap<LearnerState, ReturnType<Learner["predictor"]>>();

  constructor(audited: AuditedSet, { width, epochs }: PanelOptions, device: Device) {
    super();
    const [, channels, size] = audited.shape;
    this.audited = audited;
    this.space = audited.set.normalisation;
    this.classes = audited.classes;
    this.protocol = protocolOptions.parse({ epochs });
    const network = convNet({ channels, size, classes: audited.classes }, { width });
    this.learner = learnerFor(network, this.protocol, device);
  }

  /** Train one network. The same key starts from the same weights whatever the set's pictures are. */
  async train(set: AuditedSet, key: Key, onEpoch?: () => void): Promise<LearnerState> {
    return (await train(this.learner, set.set, this.protocol, child(key, "member"), onEpoch)).state;
  }

  /** What a network says to CHUNK pictures in its space. What follows from the weights alone is computed once. */
  predictor(state: LearnerState): ReturnType<Learner["predictor"]> {
    let ask = this.predictors.get(state);
    if (!ask) {
      ask = this.learner.predictor(state);
      this.predictors.set(state, ask);
    }
    return ask;
  }

  /** Logits of pictures, [N, K]. @param pixels N·C·H·W */
  async logits(state: LearnerState, pixels: Floats): Promise<Floats> {
    const [, c, h, w] = this.audited.shape;
    const size = c * h * w;
    const n = pixels.length / size;
    const out = new Float32Array(n * this.classes);
    const predict = this.predictor(state);
    for (let from = 0; from < n; from += CHUNK) {
      const some = pixels.subarray(from * size, Math.min(n, from + CHUNK) * size);
      const full = some.length === CHUNK * size ? some : new Float32Array(CHUNK * size);
      if (full !== some) full.set(some);
      const { logits } = await predict(fromPixels(full, [CHUNK, c, h, w], this.space));
      out.set(logits.subarray(0, (some.length / size) * this.classes), from * this.classes);
    }
    return out;
  }

  /** Class that a network gives each picture. */
  async calls(state: LearnerState, pixels: Floats): Promise<Int32Array<ArrayBuffer>> {
    return argmaxRows(await this.logits(state, pixels), this.classes);
  }

  close(): Promise<void> {
    return this.learner.close();
  }
}
