import { z } from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError } from "../core/errors.ts";
import { child } from "../core/random.ts";
import { type Floats, initialise } from "../nn/Network.ts";
import type { Tree } from "../tensor/tree.ts";
import type { LearnerState } from "../train/Learner.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import { checkStart, initialImages } from "./initialImages.ts";
import type { RawTraining } from "./rawTeacher.ts";
import { sharedOptions } from "./sharedOptions.ts";
import { weightArrays, weightTree } from "./weightArrays.ts";

const { ipc, width, depth, norm } = sharedOptions;
const options = z.strictObject({
  ipc,
  candidates: z.int().min(1).default(300).describe("real images of each class to choose from"),
  crops: z.int().min(1).default(5).describe("random crops of each of them"),
  leastArea: z
    .number()
    .positive()
    .max(1)
    .default(0.08)
    .describe("area of the smallest crop, as a share of the image's"),
  factor: z.int().min(1).default(1).describe("factor × factor crops are put into one image, shrunk, and stay so"),
  teacherEpochs: z.int().min(1).default(20).describe("epochs that the teacher trains on the raw images"),
  teacherBatch: z.int().min(1).default(128).describe("raw images in a step of the teacher"),
  teacherLr: z.number().positive().default(0.01).describe("SGD learning rate of the teacher, falling along a cosine"),
  width,
  depth,
  norm,
});

/** Everything that a step changes. */
interface State {
  /** Epochs of the teacher, then the choice. */
  readonly step: number;
  readonly images: Floats;
  /** Undefined before the first epoch and after the choice. */
  readonly teacher: LearnerState | undefined;
  readonly loss: number | undefined;
}

/**
 * RDED: real crops that a teacher trained on the raw images is sure of (arXiv 2312.03526).
 *
 * Differs: labels are hard; the published protocol asks the teacher for them while it trains. The teacher is the toolkit's own.
 */
export const realisticDiverse: Distillation<typeof options> = {
  title: "Realistic and diverse crops (RDED)",
  abbreviation: "rded",
  source: "arXiv 2312.03526",
  access: "raw-data",
  options,
  presets: {
    reduced: { width: 32 },
    quick: { width: 32, teacherEpochs: 2, candidates: 100 },
  },
  check(set, opts) {
    checkStart(set, { ...opts, init: "real" }, "realisticDiverse");
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record: DistillationRecord = { method: "realisticDiverse", options: opts, source: set, context };
    const { key, device, normalisation, resume } = context;
    if (resume) checkResume(record, resume);
    const total = opts.teacherEpochs + 1;
    const [{ convNet }, { sgd }, { Learner }, { cosineRate, rawEpoch }, { likeliestCrops }] = await loadParts();
    const [, channels, size] = set.shape;
    const network = convNet({ channels, size, classes: set.classes }, opts);
    await using learner = new Learner(network, sgd({ momentum: 0.9, weightDecay: 5e-4 }), device);
    const fresh = learner.start(initialise(network.weights, child(child(key, "teacher"), "weights")), []);
    const start = (): State => ({
      step: 0,
      images: initialImages(set, { ...opts, init: "real" }, normalisation, key),
      teacher: fresh,
      loss: undefined,
    });
    let state = resume ? restore(resume, fresh) : start();
    const report = (now: State): DistillationStep => ({
      iteration: now.step,
      total,
      ...(now.loss === undefined ? {} : { loss: now.loss }),
      set: () => distilledSet(record, now.images, now.step),
      checkpoint: () => save(now, fingerprint(record)),
    });
    if (state.step === total) {
      yield report(state);
      return;
    }
    const training: RawTraining = {
      batch: opts.teacherBatch,
      stages: ["flip-crop"],
      rate: cosineRate(opts.teacherLr, opts.teacherEpochs),
    };
    while (state.step < total) {
      const { step } = state;
      const teacher = state.teacher ?? fresh;
      if (step < opts.teacherEpochs) {
        const own = child(key, "teacher");
        const next = await rawEpoch(learner, teacher, set, normalisation, training, step, own);
        state = { ...state, step: step + 1, teacher: next.state, loss: next.loss };
      } else {
        const made = await likeliestCrops(learner, teacher, set, normalisation, opts, child(key, "choice"));
        state = { step: step + 1, images: made.images, teacher: undefined, loss: made.loss };
      }
      if (!Number.isFinite(state.loss))
        throw new NumericError(
          `realisticDiverse: invalid loss: expected a number, got ${state.loss}; a lower teacherLr may help`,
          step,
        );
      yield report(state);
    }
  },
};

function save({ step, images, teacher, loss }: State, run: string): Checkpoint {
  return {
    json: { run, step, teacherStep: teacher?.step ?? 0, ...(loss === undefined ? {} : { loss }) },
    arrays: {
      images,
      ...(teacher && { ...weightArrays("weights", teacher.weights), ...weightArrays("momentum", teacher.slots[0]) }),
    },
  };
}

/** @param fresh the teacher before its first epoch: shows the structure */
function restore({ json, arrays }: Checkpoint, fresh: LearnerState): State {
  const { step, teacherStep, loss } = json as { step: number; teacherStep: number; loss?: number };
  const tree = (name: string): Tree<Floats> | undefined => weightTree(name, arrays, fresh.weights);
  const [weights, momentum] = [tree("weights"), tree("momentum")];
  const teacher = weights && momentum && { weights, running: [], slots: [momentum], step: teacherStep };
  return { step, loss, images: arrays.images, teacher };
}

/** Loaded when work begins. Apart from `await using`, beside which the compiler would not rewrite the ending. */
const loadParts = () =>
  Promise.all([
    import("../nn/networks/convNet.ts"),
    import("../nn/optimisers.ts"),
    import("../train/Learner.ts"),
    import("./rawTeacher.ts"),
    import("./likeliestCrops.ts"),
  ]);
