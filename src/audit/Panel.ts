import { Holder } from "../core/closable.ts";
import { lookUp, UsageError } from "../core/errors.ts";
import { child, type Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { fromPixels } from "../data/normalise.ts";
import type { Device } from "../engine/device.ts";
import type { Floats, InputShape, Network, NetworkOptions } from "../nn/Network.ts";
import { networkRegistry } from "../nn/networkRegistry.ts";
import type { Learner, LearnerState } from "../train/Learner.ts";
import { learnerFor } from "../train/learnerFor.ts";
import { protocolOptions } from "../train/protocol.ts";
import { argmaxRows } from "../train/targets.ts";
import { train } from "../train/train.ts";
import type { AuditedSet } from "./AuditedSet.ts";

export interface PanelOptions {
  /** Name of an architecture. Default: convNet. */
  readonly network?: string;
  /** Channels of the first layer. Width 16 learns the triggers that width 32 learns. */
  readonly width?: number;
  readonly epochs: number;
}

type NetworkFactory = (shape: InputShape, options?: NetworkOptions) => Network;

/**
 * The network of a panel, not yet trained: what it needs of the images is checked by making it.
 *
 * @throws UsageError for a network that nobody knows, images that are not square, and what the network itself refuses.
 */
export function panelNetwork(
  { name: set, shape: [, channels, height, width], classes }: Pick<DistilledSet, "name" | "shape" | "classes">,
  { network: name = "convNet", width: channelsOfFirst }: Omit<PanelOptions, "epochs">,
): Network {
  if (height !== width)
    throw new UsageError(
      `audit: invalid set ${set}: expected square images, which is what the networks take, got ${height} × ${width} pixels`,
    );
  const make = lookUp<NetworkFactory>(networkRegistry, name, "audit", "network");
  return make({ channels, size: height, classes }, { width: channelsOfFirst });
}

/** Images a forward pass: one compiled graph serves all. */
export const CHUNK = 64;

/** Networks of one architecture, trained on a set as a receiver would, that are asked about pictures. */
export class Panel extends Holder {
  readonly classes: number;
  /** How pictures become what the networks see. */
  readonly space: Normalisation;
  private readonly audited: AuditedSet;
  private readonly protocol;
  private readonly options: PanelOptions;
  private readonly device: Device;
  private made: Learner | undefined;
  private readonly predictors = new WeakMap<LearnerState, ReturnType<Learner["predictor"]>>();

  private readonly signal: AbortSignal | undefined;

  private work = 0;

  /** @param signal ends whatever asks the panel at its next pass or epoch, by its reason */
  constructor(audited: AuditedSet, options: PanelOptions, device: Device, signal?: AbortSignal) {
    super();
    this.signal = signal;
    this.options = options;
    this.device = device;
    this.audited = audited;
    this.space = audited.set.normalisation;
    this.classes = audited.classes;
    this.protocol = protocolOptions.parse({ epochs: options.epochs });
  }

  /** Made where it is first asked for: an audit that looks at images only needs none. */
  get learner(): Learner {
    this.made ??= learnerFor(panelNetwork(this.audited.set, this.options), this.protocol, this.device);
    return this.made;
  }

  /** Forward passes so far, one a picture; a step of training counts three an image. */
  get cost(): number {
    return this.work;
  }

  /** Count work that is done with a network of the panel, here or elsewhere. @throws the signal's reason once it is aborted */
  count(passes: number): void {
    this.signal?.throwIfAborted();
    this.work += passes;
  }

  /** Train one network. The same key starts from the same weights whatever the set's pictures are. */
  async train(set: AuditedSet, key: Key): Promise<LearnerState> {
    const onEpoch = () => this.count(3 * set.labels.length);
    return (await train(this.learner, set.set, this.protocol, child(key, "member"), onEpoch)).state;
  }

  /** What a network says to CHUNK pictures in its space. What follows from the weights alone is computed once. */
  predictor(state: LearnerState): ReturnType<Learner["predictor"]> {
    let ask = this.predictors.get(state);
    if (!ask) {
      const predict = this.learner.predictor(state);
      ask = (x) => {
        this.count(CHUNK);
        return predict(x);
      };
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

  async close(): Promise<void> {
    await this.made?.close();
  }
}
