import type { Checkpoint } from "../../core/checkpoint.ts";
import { child } from "../../core/random.ts";
import { fromPixels, unit } from "../../data/normalise.ts";
import { gamutBounds } from "../../data/Trigger.ts";
import type { Floats } from "../../nn/Network.ts";
import type { LearnerState } from "../../train/Learner.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { decodeImages } from "../common/multiFormation.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { convNetReadWhen } from "../common/sharedOptions.ts";
import { weightArrays, weightTree } from "../common/weightArrays.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import { type IntensiveOptions, intensiveOptions, intensivePresets, settled } from "./intensiveOptions.ts";
import { siameseStages } from "./siameseStages.ts";

const name = "informationIntensive";

/** Everything that an update changes. */
interface State {
  /** Pixels. */
  readonly images: Floats;
  readonly velocity: Floats;
  /** The network of this iteration; undefined where the next one begins. */
  readonly network: LearnerState | undefined;
}

/**
 * IDC, information-intensive dataset condensation: an image holds several smaller ones, and what it teaches is compared with what real
 * images teach at networks that learn real images meanwhile, regularised (arXiv 2205.14959, algorithm 1).
 *
 * Images are pixels, brought back to [0, 1] before each new network. A step is one update of the images. Differs: parts begin as means of
 * f × f pixels, the published program drops pixels; the set that is written is clamped.
 */
export const informationIntensive: Distillation<typeof intensiveOptions> = {
  title: "Information-intensive dataset condensation (IDC)",
  abbreviation: "idc",
  source: "arXiv 2205.14959",
  access: "raw-data",
  multiFormation: true,
  keepsGamut: true,
  options: intensiveOptions,
  presets: intensivePresets,
  readWhen: convNetReadWhen as never,
  check(set, options) {
    siameseStages(options.augmentation, "augmentation");
    siameseStages(options.netAugmentation, "netAugmentation");
    checkStart(set, { ...options, init: "real" }, name);
  },
  async *run(set, options: IntensiveOptions, context) {
    this.check(set, options);
    const opts = settled(options, set);
    const record: DistillationRecord = { method: name, options: opts, source: set, context };
    const { key, device, normalisation } = context;
    const [, c, h, w] = set.shape;
    const packed = [set.classes * opts.ipc, c, h, w] as const;
    // Told before anything is compiled: what a whitened picture may hold is no matter of single pixels.
    gamutBounds(normalisation, c);
    yield* reportSteps<State>(record, {
      total: opts.iterations * opts.outer,
      set({ images }, step) {
        const seen = decodeImages(clamped(images), packed, opts.factor);
        const space = fromPixels(seen, [packed[0] * opts.factor ** 2, c, h, w], normalisation);
        return distilledSet(record, space, step / opts.outer);
      },
      save({ images, velocity, network }) {
        if (!network) return { json: {}, arrays: { images, velocity } };
        const learnt = { ...weightArrays("weights", network.weights), ...weightArrays("slot", network.slots[0]) };
        return { json: { netStep: network.step }, arrays: { images, velocity, ...learnt } };
      },
      finished: ({ arrays: { images, velocity } }) => ({ images, velocity, network: undefined }),
      async *steps(done, checkpoint) {
        const { IntensiveCondenser } = await loadCondenser();
        await using condenser = await IntensiveCondenser.compile(name, set, opts, normalisation, device);
        const start = initialImages(set, { ...opts, init: "real" }, unit, key);
        let state: State = checkpoint
          ? restore(checkpoint, condenser.begin(key))
          : { images: start, velocity: new Float32Array(start.length), network: undefined };
        for (let update = done; update < opts.iterations * opts.outer; update++) {
          const turn = update % opts.outer;
          const own = child(key, "iteration", Math.floor(update / opts.outer));
          const before = state.network ?? condenser.begin(child(own, "network"));
          const images = turn === 0 ? clamped(state.images) : state.images;
          const next = await condenser.update(before.weights, images, state.velocity, child(own, "update", turn));
          const ends = turn === opts.outer - 1 || !Number.isFinite(next.loss);
          const network = ends ? undefined : await condenser.learn(before, child(own, "training", turn));
          state = { images: next.images, velocity: next.velocity, network };
          yield { loss: next.loss, state, advice: "a lower lrImg" };
        }
      },
    });
  },
};

const clamped = (pixels: Floats): Floats => pixels.map((v) => Math.min(1, Math.max(0, v)));

/** @param like any network of the kind: shows the structure */
function restore({ json, arrays }: Checkpoint, like: LearnerState): State {
  const weights = weightTree("weights", arrays, like.weights);
  const slot = weightTree("slot", arrays, like.weights);
  const network = weights && slot ? { ...like, weights, slots: [slot], step: json.netStep as number } : undefined;
  return { images: arrays.images, velocity: arrays.velocity, network };
}

/** Loaded when work begins. */
const loadCondenser = () => import("./IntensiveCondenser.ts");
