import * as z from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError } from "../core/errors.ts";
import { child, normal, key as rootKey } from "../core/random.ts";
import { applyTaps, applyTapsAdjoint } from "../data/augment/applyTaps.ts";
import { clampToGamut, gamutBounds } from "../data/Trigger.ts";
import type { Floats } from "../nn/Network.ts";
import { putRows, takeRows } from "../train/train.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import { checkStart } from "./initialImages.ts";
import { freshTeacher, restoredTeacher, savedTeacher, type Taught, trainTeacher } from "./keptTeacher.ts";
import { adamDirection } from "./momentArrays.ts";
import { cosineRate } from "./rawTeacher.ts";
import { sharedOptions } from "./sharedOptions.ts";
import type { Recovery } from "./squeeze/compileRecovery.ts";
import { drawView } from "./squeeze/view.ts";

const { ipc, width, depth } = sharedOptions;
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
  width,
  depth,
});

/** Everything that a step changes. */
interface State {
  readonly images: Floats;
  /** Moments of the images that are being recovered; zero where a group begins. */
  readonly mean: Floats;
  readonly square: Floats;
}

/**
 * SRe2L: a teacher with batch norm is squeezed out of the raw images, images are recovered from it alone, starting from noise, and
 * it labels them (arXiv 2306.13092).
 *
 * Differs: the teacher is a ConvNet, the published one a ResNet18. Labels are its logits of the finished images; the published
 * receivers ask it again for every mixture that they train on.
 */
export const squeezeRecoverRelabel: Distillation<typeof options> = {
  title: "Squeeze, recover and relabel (SRe2L)",
  abbreviation: "sre2l",
  source: "arXiv 2306.13092",
  access: "raw-data",
  options,
  presets: {
    reduced: { width: 32, teacherEpochs: 10, iterations: 500 },
    quick: { width: 32, teacherEpochs: 1, iterations: 100 },
  },
  readWhen: [{ option: "leastArea", read: ({ view }) => view === "crop", by: "view crop" }],
  check(set, opts) {
    checkStart(set, { ...opts, init: "real", factor: 1 }, "squeezeRecoverRelabel");
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record: DistillationRecord = { method: "squeezeRecoverRelabel", options: opts, source: set, context };
    const { key, device, normalisation, keep, resume } = context;
    if (resume) checkResume(record, resume);
    const { classes } = set;
    const [, c, side] = set.shape;
    gamutBounds(normalisation, c);
    const each = Math.min(opts.ipc, Math.max(1, Math.floor(opts.batchImg / classes)));
    const groups = Math.ceil(opts.ipc / each);
    const total = opts.teacherEpochs + groups * opts.iterations;

    const [{ convNet }, { sgd }, { Learner }, { logitsOf }, { compileRecovery }, { CompiledOnce }] = await loadParts();
    const network = convNet(
      { channels: c, size: side, classes },
      { width: opts.width, depth: opts.depth, norm: "batch" },
    );
    await using learner = new Learner(network, sgd({ momentum: 0.9, weightDecay: 5e-4 }), device);
    const teacherKey = child(rootKey(opts.teacherSeed), "squeeze");
    const size = c * side ** 2;
    const begin = (): State => {
      const images = normal(child(key, "initial"), classes * opts.ipc * size);
      return { images, mean: new Float32Array(images.length), square: new Float32Array(images.length) };
    };
    let state = resume?.arrays.images ? restored(resume) : begin();
    let done = (resume?.json.step as number | undefined) ?? 0;
    let taught: Taught | undefined;
    let labels: Floats | undefined;
    if (resume) taught = restoredTeacher(resume.json, resume.arrays, freshTeacher(learner, teacherKey));

    const report = (step: number, loss: number, now: State, teacher: Taught, logits?: Floats): DistillationStep => ({
      iteration: step,
      total,
      loss,
      set: () =>
        distilledSet(record, now.images, step, logits && { labels: { kind: "soft", form: "logits", values: logits } }),
      checkpoint: () => save(fingerprint(record), step, loss, now, teacher, opts.teacherEpochs),
    });
    const answer = (teacher: Taught, images: Floats) => logitsOf(learner, teacher.state, images);
    if (resume && taught && done === total) {
      yield report(done, resume.json.loss as number, state, taught, await answer(taught, state.images));
      return;
    }

    if (done < opts.teacherEpochs) {
      const { teacherBatch: batch, teacherLr, teacherEpochs: epochs, teacherSeed, width, depth } = opts;
      const what = { network: "convNetBN", width, depth, batch, teacherLr, teacherSeed, classes };
      const rate = cosineRate(teacherLr, epochs);
      const plan = { batch, stages: ["flip-crop"], rate, epochs, record: what, key: teacherKey } as const;
      for await (const epoch of trainTeacher(learner, { set, normalisation }, plan, keep, done, taught)) {
        if (!Number.isFinite(epoch.loss)) throw diverged(epoch.loss, epoch.done, "teacherLr");
        taught = epoch.current;
        done = epoch.done;
        yield report(done, epoch.loss, state, taught);
      }
    }
    const teacher = taught!;
    await using recoveries = new CompiledOnce((n: number) => compileRecovery(network, n, opts, device));
    const { weights, running } = teacher.state;
    const ready = new Map<number, Promise<Awaited<ReturnType<Recovery["hold"]>>>>();
    const recoveryOf = (n: number) => {
      const found = ready.get(n) ?? recoveries.get(n).then(({ hold }) => hold(weights, running));
      ready.set(n, found);
      return found;
    };
    const rateOfImages = cosineRate(opts.lrImg, opts.iterations);
    while (done < total) {
      const turn = done - opts.teacherEpochs;
      const [group, step] = [Math.floor(turn / opts.iterations), turn % opts.iterations];
      const rows = groupRows(classes, opts.ipc, group * each, each);
      const taps = drawView(child(key, "view", group, step), side, opts);
      const m = classes * opts.ipc;
      const part = (all: Floats) => takeRows(all, m, rows);
      const put = (all: Floats, some: Floats) => putRows(all, some, rows, m);
      const [images, moments] = [part(state.images), { mean: part(state.mean), square: part(state.square) }];
      const seen = new Float32Array(images.length);
      applyTaps(taps, images, seen, 0, rows.length * c);
      const y = new Float32Array(rows.length * classes);
      rows.forEach((row, i) => {
        y[i * classes + Math.floor(row / opts.ipc)] = 1;
      });
      const recover = await recoveryOf(rows.length);
      const { loss, gradient } = await recover(seen, y);
      if (!Number.isFinite(loss[0])) throw diverged(loss[0], done, "lrImg");
      const back = new Float32Array(seen.length);
      applyTapsAdjoint(taps, gradient, back, 0, rows.length * c);
      const lr = rateOfImages(step);
      const moved = adamDirection(moments, back, step, { beta1: 0.5, beta2: 0.9, eps: 1e-8 });
      const free = images.map((x, i) => x - lr * moved.direction[i]);
      const inside = clampToGamut(free, [rows.length, c, side, side], normalisation);
      state = {
        images: put(state.images, inside),
        mean: put(state.mean, moved.mean),
        square: put(state.square, moved.square),
      };
      done++;
      if (done === total) labels = await answer(teacher, state.images);
      yield report(done, loss[0], state, teacher, labels);
    }
  },
};

/** Rows of the images `from` … `from + each − 1` of every class, class after class. */
function groupRows(classes: number, ipc: number, from: number, each: number): Int32Array {
  const own = Math.min(each, ipc - from);
  return Int32Array.from({ length: classes * own }, (_, i) => Math.floor(i / own) * ipc + from + (i % own));
}

const restored = ({ arrays: { images, mean, square } }: Checkpoint): State => ({ images, mean, square });

/** The images follow from the key before the first of them moves. */
function save(run: string, step: number, loss: number, state: State, teacher: Taught, epochs: number): Checkpoint {
  const { json, arrays } = savedTeacher(teacher);
  return { json: { ...json, run, step, loss }, arrays: step > epochs ? { ...arrays, ...state } : arrays };
}

const diverged = (loss: number, step: number, option: string): NumericError =>
  new NumericError(
    `squeezeRecoverRelabel: invalid loss: expected a number, got ${loss}; a lower ${option} may help`,
    step,
  );

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../nn/networks/convNet.ts"),
    import("../nn/optimisers.ts"),
    import("../train/Learner.ts"),
    import("../train/logits.ts"),
    import("./squeeze/compileRecovery.ts"),
    import("../core/CompiledOnce.ts"),
  ]);
