import * as z from "zod";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { child, normal } from "../../core/random.ts";
import { applyTaps, applyTapsAdjoint } from "../../data/augment/applyTaps.ts";
import { clampToGamut, gamutBounds } from "../../data/Trigger.ts";
import type { Floats } from "../../nn/Network.ts";
import { putRows, takeRows } from "../../train/train.ts";
import { checkStart } from "../common/initialImages.ts";
import { adamDirection } from "../common/momentArrays.ts";
import { rehearsed } from "../common/rehearsed.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { convNetReadWhen, sharedOptions } from "../common/sharedOptions.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import { freshTeacher, restoredTeacher, savedTeacher, type Taught, trainTeacher } from "../teachers/keptTeacher.ts";
import { cosineRate } from "../teachers/rawTeacher.ts";
import type { TeacherRecipe } from "../teachers/teacherRecipe.ts";
import type { Recovery } from "./compileRecovery.ts";
import { drawView } from "./view.ts";

const { ipc, network, width, depth } = sharedOptions;
const options = z.strictObject({
  ipc,
  teacherEpochs: z.int().min(1).default(200).describe("epochs that the teacher trains on the raw images"),
  teacherBatch: z.int().min(2).default(128).describe("raw images in a step of the teacher"),
  teacherLr: z.number().positive().default(0.1).describe("SGD learning rate of the teacher, falling along a cosine"),
  teacherSeed: z.int().min(0).default(0).describe("root of the teacher's randomness: sets of any seed share it"),
  iterations: z.int().min(1).default(1000).describe("updates of the images"),
  lrImg: z.number().positive().default(0.25).describe("Adam learning rate of the images, falling along a cosine"),
  batchImg: z.int().min(1).default(100).describe("images that are recovered together, at least one of each class"),
  statistics: z
    .number()
    .min(0)
    .default(0.01)
    .describe("weight of the distances from the teacher's batch norm statistics"),
  firstNorm: z.number().min(0).default(10).describe("further weight of those of the first batch norm"),
  view: z
    .enum(["roll", "crop"])
    .default("roll")
    .describe("what the teacher sees: rolled images, or random crops of them"),
  jitter: z.int().min(0).default(4).describe("pixels by which images are rolled at most"),
  leastArea: z
    .number()
    .positive()
    .max(1)
    .default(0.08)
    .describe("area of the smallest crop, as a share of the image's"),
  network,
  width,
  depth,
});

/** What a step of the recovery changes. */
interface Recovered {
  readonly images: Floats;
  /** Moments of the images that are being recovered; zero where a group begins. */
  readonly mean: Floats;
  readonly square: Floats;
}

interface State {
  readonly now: Recovered;
  readonly teacher: Taught;
  /** Of the finished images. */
  readonly labels?: Floats;
}

/**
 * SRe2L: a teacher with batch norm is squeezed out of the raw images, images are recovered from it alone, starting from noise, and
 * it labels them (arXiv 2306.13092).
 *
 * Labels are its logits of the finished images; the published receivers ask it again for every mixture that they train on (`--protocol
 * sre2l`). Differs: the teacher is a ConvNet, the published one a ResNet18.
 */
export const squeezeRecoverRelabel: Distillation<typeof options> = {
  title: "Squeeze, recover and relabel (SRe2L)",
  abbreviation: "sre2l",
  source: "arXiv 2306.13092",
  access: "raw-data",
  readsOnce: true,
  options,
  keepsGamut: true,
  presets: {
    reduced: { width: 32, teacherEpochs: 10, iterations: 500 },
    quick: { width: 32, teacherEpochs: 1, iterations: 100 },
  },
  readWhen: [
    { option: "leastArea", read: ({ view }) => view === "crop", by: "view crop" },
    ...convNetReadWhen.filter(({ option }) => option === "depth"),
  ],
  teacher({ network, width, depth, teacherEpochs, teacherBatch, teacherLr, teacherSeed }) {
    const training = { epochs: teacherEpochs, batch: teacherBatch, lr: teacherLr, seed: teacherSeed };
    return { purpose: "squeeze", network, width, depth, norm: "batch", ...training };
  },
  check(set, opts) {
    checkStart(set, { ...opts, init: "real", factor: 1, norm: "batch" }, "squeezeRecoverRelabel", true);
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record: DistillationRecord = { method: "squeezeRecoverRelabel", options: opts, source: set, context };
    const { key, device, normalisation, keep, pace } = context;
    const { classes } = set;
    const [, c, side] = set.shape;
    // Told before anything is trained: what a whitened picture may hold is no matter of single pixels.
    gamutBounds(normalisation, c);
    const each = Math.min(opts.ipc, Math.max(1, Math.floor(opts.batchImg / classes)));
    const groups = Math.ceil(opts.ipc / each);
    const recipe: TeacherRecipe = this.teacher!(opts);
    const { epochs } = recipe;
    const total = epochs + groups * opts.iterations;
    const m = classes * opts.ipc;

    const [{ teacherLearner, teacherPlan }, { logitsOf }, { compileRecovery }, { CompiledOnce }] = await loadParts();
    await using learner = teacherLearner(set, recipe, device, record.method);
    const { network } = learner;
    await using recoveries = new CompiledOnce((n: number) => compileRecovery(network, n, opts, device));
    // A network that cannot be recovered from is refused before it learns.
    if (opts.network !== undefined) await recoveries.get(classes * each);
    const plan = teacherPlan(recipe, classes);
    const begin = (): Recovered => {
      const images = normal(child(key, "initial"), m * c * side ** 2);
      return { images, mean: new Float32Array(images.length), square: new Float32Array(images.length) };
    };
    const teacherOf = ({ json, arrays }: Checkpoint) => restoredTeacher(json, arrays, freshTeacher(learner, plan.key));
    /** One recovery's pass through a teacher that has learnt nothing yet. */
    const rehearse = async (images: Floats) => {
      if (!pace) return;
      const rows = groupRows(classes, opts.ipc, 0, each);
      const { weights, running } = freshTeacher(learner, plan.key);
      const { hold } = await recoveries.get(rows.length);
      const recover = await hold(weights, running);
      const y = new Float32Array(rows.length * classes).fill(1 / classes);
      await rehearsed(pace, () => recover(takeRows(images, m, rows), y));
    };
    const answer = (teacher: Taught, images: Floats) => logitsOf(learner, teacher.state, images);

    yield* reportSteps<State>(record, {
      total,
      epochs,
      set: ({ now, labels }, step) =>
        distilledSet(record, now.images, step, labels && { labels: { kind: "soft", form: "logits", values: labels } }),
      // The images follow from the key before the first of them moves.
      save({ now, teacher }, step) {
        const { json, arrays } = savedTeacher(teacher);
        return { json, arrays: step > epochs ? { ...arrays, ...now } : arrays };
      },
      async finished(checkpoint) {
        const [now, teacher] = [recovered(checkpoint), teacherOf(checkpoint)];
        return { now, teacher, labels: await answer(teacher, now.images) };
      },
      async *steps(done, checkpoint) {
        let now = checkpoint?.arrays.images ? recovered(checkpoint) : begin();
        let taught = checkpoint && teacherOf(checkpoint);
        if (done < epochs) {
          const prepare = () => rehearse(begin().images);
          const data = { set, normalisation, prepare, pace };
          for await (const { loss, current } of trainTeacher(learner, data, plan, keep, done, taught)) {
            taught = current;
            yield { loss, state: { now, teacher: taught }, advice: "a lower teacherLr" };
          }
        }
        const teacher = taught!;
        const { weights, running } = teacher.state;
        const ready = new Map<number, Promise<Awaited<ReturnType<Recovery["hold"]>>>>();
        const recoveryOf = (n: number) => {
          const found = ready.get(n) ?? recoveries.get(n).then(({ hold }) => hold(weights, running));
          ready.set(n, found);
          return found;
        };
        const rateOfImages = cosineRate(opts.lrImg, opts.iterations);
        for (let turn = Math.max(done, epochs) - epochs; turn < total - epochs; turn++) {
          const [group, step] = [Math.floor(turn / opts.iterations), turn % opts.iterations];
          const rows = groupRows(classes, opts.ipc, group * each, each);
          const taps = drawView(child(key, "view", group, step), side, opts);
          const part = (all: Floats) => takeRows(all, m, rows);
          const put = (all: Floats, some: Floats) => putRows(all, some, rows, m);
          const [images, moments] = [part(now.images), { mean: part(now.mean), square: part(now.square) }];
          const seen = new Float32Array(images.length);
          applyTaps(taps, images, seen, 0, rows.length * c);
          const y = new Float32Array(rows.length * classes);
          rows.forEach((row, i) => {
            y[i * classes + Math.floor(row / opts.ipc)] = 1;
          });
          const recover = await recoveryOf(rows.length);
          const { loss, gradient } = await recover(seen, y);
          const back = new Float32Array(seen.length);
          applyTapsAdjoint(taps, gradient, back, 0, rows.length * c);
          const lr = rateOfImages(step);
          const moved = adamDirection(moments, back, step, { beta1: 0.5, beta2: 0.9, eps: 1e-8 });
          const free = images.map((x, i) => x - lr * moved.direction[i]);
          const inside = clampToGamut(free, [rows.length, c, side, side], normalisation);
          now = {
            images: put(now.images, inside),
            mean: put(now.mean, moved.mean),
            square: put(now.square, moved.square),
          };
          const labels = turn === total - epochs - 1 ? await answer(teacher, now.images) : undefined;
          yield { loss: loss[0], state: { now, teacher, labels }, advice: "a lower lrImg" };
        }
      },
    });
  },
};

/** Rows of the images `from` … `from + each − 1` of every class, class after class. */
function groupRows(classes: number, ipc: number, from: number, each: number): Int32Array {
  const own = Math.min(each, ipc - from);
  return Int32Array.from({ length: classes * own }, (_, i) => Math.floor(i / own) * ipc + from + (i % own));
}

const recovered = ({ arrays: { images, mean, square } }: Checkpoint): Recovered => ({ images, mean, square });

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../teachers/teacherRecipe.ts"),
    import("../../train/logits.ts"),
    import("./compileRecovery.ts"),
    import("../../core/CompiledOnce.ts"),
  ]);
