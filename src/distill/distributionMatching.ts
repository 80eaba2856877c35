import { z } from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError, UsageError } from "../core/errors.ts";
import { child, normal } from "../core/random.ts";
import { dsaSettings } from "../data/augment/Augmentation.ts";
import { type AugmentationTensors, augmentationTensors } from "../data/augment/augmentTensor.ts";
import { drawDsa, parseDsaStrategy } from "../data/augment/dsa.ts";
import { classRows, sampleEachClass } from "../data/classRows.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { normalisedRows } from "../data/normalisedBatch.ts";
import { type Floats, initialise } from "../nn/Network.ts";
import { convNet, norms } from "../nn/networks/convNet.ts";
import { sgd } from "../nn/optimisers.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import { compileMatchingStep } from "./embedding.ts";
import { RealMeans } from "./RealMeans.ts";

const options = z.strictObject({
  ipc: z.int().min(1).default(10).describe("images per class"),
  iterations: z
    .int()
    .min(1)
    .default(20_000)
    .describe("updates of the synthetic images, each with a new random network"),
  lrImg: z.number().positive().default(1).describe("SGD learning rate of the images"),
  momentum: z.number().min(0).lt(1).default(0.5).describe("SGD momentum of the images"),
  batchReal: z.int().min(1).default(256).describe("real images of each class an iteration"),
  init: z.enum(["real", "noise"]).default("real").describe("what the synthetic images start from"),
  dsa: z
    .string()
    .default("color_crop_cutout_flip_scale_rotate")
    .describe("siamese augmentation: operators joined by _, or none (digits should not be flipped)"),
  width: z.int().min(1).default(128).describe("channels of the ConvNet"),
  depth: z.int().min(1).max(4).default(3).describe("blocks of the ConvNet"),
  norm: z.enum(norms).exclude(["batch"]).default("instance").describe("normalisation layers of the ConvNet"),
});

type Options = z.infer<typeof options>;

/** Everything that an iteration changes. */
interface State {
  readonly iteration: number;
  readonly images: Floats;
  /** Of the whole set; empty without momentum. */
  readonly slots: readonly Floats[];
  readonly loss: number | undefined;
}

// Chosen: together up to 256 images and 16 classes are updated by one call of the program, which bounds its memory.
const [mostImages, mostClasses] = [256, 16];

/**
 * Distribution matching: move the synthetic images of each class so that their mean embedding by a random network is that
 * of the class's real images (arXiv 2110.04181, algorithm 1).
 *
 * Each class has its own siamese augmentation in each iteration. Differs: networks with batch norm, whose statistics would
 * mix the classes, are not offered.
 */
export const distributionMatching: Distillation<typeof options> = {
  title: "Distribution matching",
  abbreviation: "dm",
  source: "arXiv 2110.04181",
  access: "raw-data",
  options,
  async *run(set, opts, context) {
    const [, channels, h, w] = set.shape;
    if (h !== w) throw new UsageError(`distributionMatching: invalid images: expected square ones, got ${h}×${w}`);
    const operators = parseDsaStrategy(opts.dsa);
    const record: DistillationRecord = { method: "distributionMatching", options: opts, source: set, context };
    const { key, device, normalisation, resume } = context;
    if (resume) checkResume(record, resume);
    const { width, depth, norm } = opts;
    const network = convNet({ channels, size: h, classes: set.classes }, { width, depth, norm });
    const rows = classRows(set);
    const optimiser = sgd({ momentum: opts.momentum });
    let state = resume ? restore(resume) : begin(set, rows, opts, context.normalisation, key, optimiser.slots);

    const report = (now: State): DistillationStep => ({
      iteration: now.iteration,
      total: opts.iterations,
      ...(now.loss === undefined ? {} : { loss: now.loss }),
      set: () => distilledSet(record, now.images, now.iteration),
      checkpoint: () => save(now, fingerprint(record)),
    });
    if (state.iteration === opts.iterations) {
      yield report(state);
      return;
    }

    const groups = classesTogether(set.classes, opts.ipc);
    const real = await RealMeans.compile(network, set, rows, normalisation, opts.batchReal, device);
    const shape = { groups, ipc: opts.ipc, features: real.features, augmented: operators.length > 0 };
    const step = await compileMatchingStep(network, shape, optimiser, device);
    try {
      let tensors: AugmentationTensors | undefined;
      while (state.iteration < opts.iterations) {
        const { iteration } = state;
        const at = (...names: (string | number)[]) => child(key, "iteration", iteration, ...names);
        const weights = initialise(network.weights, at("network"));
        const draws = rows.map((_, k) =>
          drawDsa(at("augmentation", k), operators, { images: 1, height: h, width: w }, true),
        );
        const means = await real.of(weights, draws, (k) => at("real", k));
        const images = new Float32Array(state.images.length);
        const slots = state.slots.map((slot) => new Float32Array(slot.length));
        let loss = 0;
        for (let first = 0; first < set.classes; first += groups) {
          const part = (all: Floats) => {
            const size = all.length / set.classes;
            return all.subarray(first * size, (first + groups) * size);
          };
          if (shape.augmented)
            tensors = augmentationTensors(draws.slice(first, first + groups), h, w, dsaSettings, tensors);
          const next = await step(
            weights,
            part(state.images),
            state.slots.map(part),
            part(means),
            Float32Array.from(optimiser.hyper(iteration, opts.lrImg)),
            tensors ? [tensors.matrix, tensors.colour] : [],
          );
          part(images).set(next.images);
          next.slots.forEach((slot, i) => {
            part(slots[i]).set(slot);
          });
          loss += next.loss[0];
        }
        if (!Number.isFinite(loss))
          throw new NumericError(
            `distributionMatching: invalid loss: expected a number, got ${loss}; a lower lrImg may help`,
            iteration,
          );
        state = { iteration: iteration + 1, images, slots, loss };
        yield report(state);
      }
    } finally {
      await Promise.all([real.release(), step.release()]);
    }
  },
};

function begin(
  set: LabelledSet,
  rows: readonly Int32Array[],
  { ipc, init }: Options,
  normalisation: Normalisation,
  key: Parameters<typeof child>[0],
  slots: number,
): State {
  const [, c, h, w] = set.shape;
  const images =
    init === "noise"
      ? normal(child(key, "initial"), set.classes * ipc * c * h * w)
      : normalisedRows(
          set,
          sampleEachClass(rows, ipc, (k) => child(key, "initial", k), "distributionMatching"),
          normalisation,
        );
  const momentum = Array.from({ length: slots }, () => new Float32Array(images.length));
  return { iteration: 0, images, slots: momentum, loss: undefined };
}

/** The largest divisor of K that keeps a call small. */
function classesTogether(classes: number, ipc: number): number {
  const most = Math.max(1, Math.min(mostClasses, Math.floor(mostImages / ipc)));
  let groups = Math.min(classes, most);
  while (classes % groups !== 0) groups--;
  return groups;
}

function save({ iteration, images, slots, loss }: State, run: string): Checkpoint {
  const json = { run, iteration, ...(loss === undefined ? {} : { loss }) };
  return { json, arrays: slots.length > 0 ? { images, momentum: slots[0] } : { images } };
}

function restore({ json, arrays }: Checkpoint): State {
  const { iteration, loss } = json as { iteration: number; loss?: number };
  return { iteration, loss, images: arrays.images, slots: arrays.momentum ? [arrays.momentum] : [] };
}
