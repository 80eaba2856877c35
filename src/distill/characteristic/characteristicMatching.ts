import type { Checkpoint } from "../../core/checkpoint.ts";
import { child } from "../../core/random.ts";
import { parseDsaStrategy } from "../../data/augment/dsa.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { decodeImages } from "../common/multiFormation.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { weightArrays, weightTree } from "../common/weightArrays.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import type { CharacteristicState } from "./CharacteristicUpdate.ts";
import { characteristicOptions, characteristicReadWhen } from "./characteristicOptions.ts";
import type { Sampler } from "./compileCharacteristic.ts";

const name = "characteristicMatching";

/**
 * Neural characteristic function matching: the distribution of the features of a class at random networks, not its mean alone, is that
 * of the class's real images; frequencies at which the two are compared may be learnt against the images (arXiv 2502.20653).
 *
 * Differs: the networks are random, the published ones lie between a random and a trained network; no cross-entropy of a trained
 * network is added; images move in the normalised space and are not brought back to [0, 1], each class by an Adam of its own.
 */
export const characteristicMatching: Distillation<typeof characteristicOptions> = {
  title: "Neural characteristic function matching (NCFM)",
  abbreviation: "ncfm",
  source: "arXiv 2502.20653",
  access: "raw-data",
  multiFormation: true,
  options: characteristicOptions,
  presets: {
    reduced: { width: 32, batchReal: 128, frequencies: 1024, iterations: 1000 },
    quick: { width: 32, batchReal: 64, frequencies: 256, iterations: 100 },
  },
  readWhen: characteristicReadWhen,
  check(set, opts) {
    parseDsaStrategy(opts.dsa);
    checkStart(set, opts, name);
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const operators = parseDsaStrategy(opts.dsa);
    const record: DistillationRecord = { method: name, options: opts, source: set, context };
    const { key, device, normalisation } = context;
    const [, c, h, w] = set.shape;
    yield* reportSteps<CharacteristicState>(record, {
      total: opts.iterations,
      set: ({ images }, step) =>
        distilledSet(record, decodeImages(images, [set.classes * opts.ipc, c, h, w], opts.factor), step),
      save: ({ images, slots: [mean, square], sampler: { weights, velocity } }) => ({
        json: {},
        arrays: { images, mean, square, ...weightArrays("psi", weights), ...weightArrays("climb", velocity) },
      }),
      finished: (checkpoint) => restore(checkpoint, { weights: [], velocity: [] }),
      async *steps(done, checkpoint) {
        const { CharacteristicUpdate } = await loadUpdate();
        await using update = await CharacteristicUpdate.compile(name, set, normalisation, opts, operators, device);
        const sampler = update.fresh(child(key, "sampler"));
        const begin = (): CharacteristicState => {
          const images = initialImages(set, opts, normalisation, key);
          return { images, slots: [0, 1].map(() => new Float32Array(images.length)), sampler };
        };
        let state = checkpoint ? restore(checkpoint, sampler) : begin();
        for (let iteration = done; iteration < opts.iterations; iteration++) {
          const next = await update.run(state, iteration, child(key, "iteration", iteration));
          state = next.state;
          yield { loss: next.loss, state, advice: "a lower lrImg" };
        }
      },
    });
  },
};

/** @param like a sampler of the same structure */
const restore = ({ arrays }: Checkpoint, { weights, velocity }: Sampler): CharacteristicState => ({
  images: arrays.images,
  slots: [arrays.mean, arrays.square],
  sampler: {
    weights: weightTree("psi", arrays, weights) ?? weights,
    velocity: weightTree("climb", arrays, velocity) ?? velocity,
  },
});

/** Loaded when work begins. */
const loadUpdate = () => import("./CharacteristicUpdate.ts");
