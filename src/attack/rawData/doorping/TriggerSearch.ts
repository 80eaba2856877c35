import { closeAll, Holder } from "../../../core/closable.ts";
import { NumericError } from "../../../core/errors.ts";
import { child, type Key } from "../../../core/random.ts";
import { sampleRows } from "../../../data/classRows.ts";
import type { DistilledSet } from "../../../data/DistilledSet.ts";
import type { LabelledSet } from "../../../data/LabelledSet.ts";
import type { Normalisation } from "../../../data/Normalisation.ts";
import { fromPixels, renormalise } from "../../../data/normalise.ts";
import { normalisedRows } from "../../../data/normalisedBatch.ts";
import { standardSpace } from "../../../data/standardSpace.ts";
import type { Trigger } from "../../../data/Trigger.ts";
import type { Device } from "../../../engine/device.ts";
import type { Floats } from "../../../nn/Network.ts";
import { networkRegistry as networks } from "../../../nn/networkRegistry.ts";
import { Surrogates } from "../../common/surrogate.ts";
import { levels } from "../levels.ts";
import { chosenNeurons, featureCount } from "./chosenNeurons.ts";
import { compileExcitement, type Excitement, patternOptimiser } from "./compileExcitement.ts";
import type { DoorpingOptions } from "./doorpingOptions.ts";

/** What an update of the trigger found. */
export interface Found {
  /** C·H·W pixels in [0, 1], each a level of 8 bits. */
  readonly pixels: Floats;
  /** Distance of the chosen neurons from what they shall be, at the first step and at the last. */
  readonly from: number;
  readonly to: number;
}

interface Parts {
  readonly surrogates: Surrogates;
  readonly excitement: Excitement;
  readonly space: Normalisation;
  readonly options: DoorpingOptions;
  /** Raw images that may be stamped. */
  readonly raw: LabelledSet;
  readonly rows: Int32Array<ArrayBuffer>;
  /** Images that it is looked at on at once. */
  readonly n: number;
}

/** What finds the trigger between two steps of the distillation. All that it needs is given: it remembers nothing. */
export class TriggerSearch extends Holder {
  private readonly parts: Parts;

  private constructor(parts: Parts) {
    super();
    this.parts = parts;
  }

  /**
   * @param set the clean set: its labels are taught, its space is counted in
   * @param rows raw images that the trigger may be looked at on
   */
  static async compile(
    set: DistilledSet,
    raw: LabelledSet,
    rows: Int32Array<ArrayBuffer>,
    trigger: Trigger,
    options: DoorpingOptions,
    device: Device,
  ): Promise<TriggerSearch> {
    const space = standardSpace(set);
    const [, channels, size] = set.shape;
    const { surrogate } = options;
    const network = networks[surrogate.network]({ channels, size, classes: set.classes }, { width: surrogate.width });
    const surrogates = new Surrogates(network, renormalise(set, space), surrogate, surrogate.batch, device);
    const n = options.images === 0 ? 1 : Math.min(options.images, rows.length);
    const excitement = await compileExcitement(network, n, featureCount(network), trigger, space, device);
    return new TriggerSearch({ surrogates, excitement, space, options, raw, rows, n });
  }

  /**
   * Train a network on the set as it stands, choose neurons of it, and move the trigger until they say a multiple of what they said.
   *
   * @param pixels C·H·W, the trigger so far
   * @throws NumericError where the network's answers are no numbers.
   */
  async update(set: DistilledSet, pixels: Floats, key: Key, step: number): Promise<Found> {
    const { surrogates, excitement, space, options, n } = this.parts;
    const { network } = surrogates.learner;
    const { images } = renormalise(set, space);
    const { weights, running } = await surrogates.trained(options.surrogate.passes, child(key, "network"), images);
    const chosen = chosenNeurons(network, weights, options.neurons);
    const seen = this.seen(child(key, "images"));
    const shape = [1, ...network.input] as const;
    let pattern = fromPixels(pixels, shape, space);
    let slots: readonly Floats[] = [new Float32Array(pattern.length), new Float32Array(pattern.length)];
    const hyper = (i: number) => Float32Array.from(patternOptimiser.hyper(i, options.trigger.lr));
    const look = await excitement.hold([weights, running], seen, chosen, new Float32Array(chosen.length * n));
    const { features: now } = await look(pattern, slots, hyper(0));
    const wanted = now.map((v) => options.multiple * v);
    const move = await excitement.hold([weights, running], seen, chosen, wanted);
    const losses: number[] = [];
    for (let i = 0; i < options.updates; i++) {
      const next = await move(pattern, slots, hyper(i));
      if (!Number.isFinite(next.loss[0]))
        throw new NumericError(
          `doorping: invalid loss: expected a number, got ${next.loss[0]}; a lower surrogate.lr or trigger.lr may help`,
          step,
        );
      losses.push(next.loss[0]);
      if (next.loss[0] < options.enough) break;
      ({ pattern, slots } = next);
    }
    return { pixels: levels(pattern, shape, space), from: losses[0], to: losses[losses.length - 1] };
  }

  close(): Promise<void> {
    const { surrogates, excitement } = this.parts;
    return closeAll([surrogates, excitement]);
  }

  /** What the trigger is looked at on: black, or raw images. */
  private seen(key: Key): Floats {
    const { raw, rows, options, space, n } = this.parts;
    const [, c, h, w] = raw.shape;
    if (options.images === 0) return fromPixels(new Float32Array(c * h * w), [1, c, h, w], space);
    return normalisedRows(raw, sampleRows(rows, n, key), space);
  }
}
