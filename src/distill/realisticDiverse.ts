import * as z from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError } from "../core/errors.ts";
import { child, key as rootKey } from "../core/random.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import { checkStart, initialImages } from "./initialImages.ts";
import { freshTeacher, restoredTeacher, savedTeacher, type Taught, trainTeacher } from "./keptTeacher.ts";
import { cosineRate } from "./rawTeacher.ts";
import { sharedOptions } from "./sharedOptions.ts";

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
  teacherSeed: z.int().min(0).default(0).describe("root of the teacher's randomness: sets of any seed share it"),
  width,
  depth,
  norm,
});

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
    const { key, device, normalisation, keep, resume } = context;
    if (resume) checkResume(record, resume);
    // Epochs of the teacher, then the choice.
    const total = opts.teacherEpochs + 1;
    const first = initialImages(set, { ...opts, init: "real" }, normalisation, key);
    const report = (
      step: number,
      loss: number,
      images: Checkpoint["arrays"][string],
      checkpoint: Pick<Checkpoint, "json" | "arrays">,
    ): DistillationStep => ({
      iteration: step,
      total,
      loss,
      set: () => distilledSet(record, images, step),
      checkpoint: () => ({ ...checkpoint, json: { ...checkpoint.json, run: fingerprint(record), step, loss } }),
    });
    const done = (resume?.json.step as number | undefined) ?? 0;
    if (resume && done === total) {
      yield report(done, resume.json.loss as number, resume.arrays.images, resume);
      return;
    }

    const [{ convNet }, { sgd }, { Learner }, { likeliestCrops }] = await loadParts();
    const [, channels, size] = set.shape;
    const network = convNet({ channels, size, classes: set.classes }, opts);
    await using learner = new Learner(network, sgd({ momentum: 0.9, weightDecay: 5e-4 }), device);
    const { teacherBatch: batch, teacherLr, teacherEpochs: epochs, teacherSeed, width, depth, norm } = opts;
    const teacherKey = child(rootKey(teacherSeed), "teacher");
    const what = { network: "convNet", width, depth, norm, batch, teacherLr, teacherSeed, classes: set.classes };
    const rate = cosineRate(teacherLr, epochs);
    const plan = { batch, stages: ["flip-crop"], rate, epochs, record: what, key: teacherKey } as const;
    let taught: Taught | undefined =
      resume && restoredTeacher(resume.json, resume.arrays, freshTeacher(learner, teacherKey));
    for await (const epoch of trainTeacher(learner, { set, normalisation }, plan, keep, done, taught)) {
      checkLoss(epoch.loss, epoch.done);
      taught = epoch.current;
      yield report(epoch.done, epoch.loss, first, savedTeacher(epoch.current));
    }
    const made = await likeliestCrops(learner, taught!.state, set, normalisation, opts, child(key, "choice"));
    checkLoss(made.loss, total);
    yield report(total, made.loss, made.images, { json: {}, arrays: { images: made.images } });
  },
};

function checkLoss(loss: number, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new NumericError(
    `realisticDiverse: invalid loss: expected a number, got ${loss}; a lower teacherLr may help`,
    step,
  );
}

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../nn/networks/convNet.ts"),
    import("../nn/optimisers.ts"),
    import("../train/Learner.ts"),
    import("./likeliestCrops.ts"),
  ]);
