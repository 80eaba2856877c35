import * as z from "zod";
import { child } from "../../core/random.ts";
import type { Floats } from "../../nn/Network.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { convNetReadWhen, sharedOptions } from "../common/sharedOptions.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import { freshTeacher, restoredTeacher, savedTeacher, type Taught, trainTeacher } from "../teachers/keptTeacher.ts";
import type { TeacherRecipe } from "../teachers/teacherRecipe.ts";

const { ipc, network, width, depth, norm } = sharedOptions;
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
  network,
  width,
  depth,
  norm,
});

/** The teacher as far as it is, or the images that it chose. */
interface State {
  readonly teacher?: Taught;
  readonly images?: Floats;
}

/**
 * RDED: real crops that a teacher trained on the raw images is sure of (arXiv 2312.03526).
 *
 * Labels are hard: the published receivers ask the teacher for them while they train (`--protocol rded`). Differs: the teacher is the
 * toolkit's own.
 */
export const realisticDiverse: Distillation<typeof options> = {
  title: "Realistic and diverse crops (RDED)",
  abbreviation: "rded",
  source: "arXiv 2312.03526",
  access: "raw-data",
  readsOnce: true,
  options,
  presets: {
    reduced: { width: 32 },
    quick: { width: 32, teacherEpochs: 2, candidates: 100 },
  },
  readWhen: convNetReadWhen,
  teacher({ network, width, depth, norm, teacherEpochs, teacherBatch, teacherLr, teacherSeed }) {
    const training = { epochs: teacherEpochs, batch: teacherBatch, lr: teacherLr, seed: teacherSeed };
    return { purpose: "teacher", network, width, depth, norm, ...training };
  },
  check(set, opts) {
    checkStart(set, { ...opts, init: "real" }, "realisticDiverse", true);
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record: DistillationRecord = { method: "realisticDiverse", options: opts, source: set, context };
    const { key, device, normalisation, keep, pace } = context;
    const recipe: TeacherRecipe = this.teacher!(opts);
    const first = initialImages(set, { ...opts, init: "real" }, normalisation, key);
    yield* reportSteps<State>(record, {
      // Epochs of the teacher, then the choice.
      total: recipe.epochs + 1,
      epochs: recipe.epochs,
      set: ({ images }, step) => distilledSet(record, images ?? first, step),
      save: ({ teacher, images }) => (images ? { json: {}, arrays: { images } } : savedTeacher(teacher!)),
      finished: ({ arrays: { images } }) => ({ images }),
      async *steps(done, checkpoint) {
        const [{ teacherLearner, teacherPlan }, { likeliestCrops }] = await loadParts();
        await using learner = teacherLearner(set, recipe, device, record.method);
        const plan = teacherPlan(recipe, set.classes);
        let taught: Taught | undefined =
          checkpoint && restoredTeacher(checkpoint.json, checkpoint.arrays, freshTeacher(learner, plan.key));
        const data = { set, normalisation, pace };
        for await (const { loss, current } of trainTeacher(learner, data, plan, keep, done, taught)) {
          taught = current;
          yield { loss, state: { teacher: current }, advice: "a lower teacherLr" };
        }
        const { state } = taught!;
        const { loss, images } = await likeliestCrops(learner, state, set, normalisation, opts, child(key, "choice"));
        yield { loss, state: { images }, advice: "a lower teacherLr" };
      },
    });
  },
};

/** Loaded when work begins. */
const loadParts = () => Promise.all([import("../teachers/teacherRecipe.ts"), import("./likeliestCrops.ts")]);
