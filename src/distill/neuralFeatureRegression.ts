import * as z from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError } from "../core/errors.ts";
import { child, Stream } from "../core/random.ts";
import { sampleRows } from "../data/classRows.ts";
import { normalisedRows } from "../data/normalisedBatch.ts";
import type { Floats } from "../nn/Network.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import { checkStart, initialImages } from "./initialImages.ts";
import { marginLoss } from "./kernelRidge/margin.ts";
import type { OnlinePool } from "./kernelRidge/OnlinePool.ts";
import { lambStep, type Moments, noMoments } from "./momentArrays.ts";
import { cosineRate } from "./rawTeacher.ts";
import { sharedOptions } from "./sharedOptions.ts";

const { ipc, width, depth, norm } = sharedOptions;
const options = z.strictObject({
  ipc,
  iterations: z.int().min(1).default(500_000).describe("updates of the images"),
  lrImg: z
    .number()
    .positive()
    .default(3e-4)
    .describe("LAMB learning rate of images and labels, falling along a cosine"),
  batchReal: z.int().min(1).default(1024).describe("real images an update"),
  poolSize: z
    .int()
    .min(1)
    .default(10)
    .describe("networks of all ages that learn the set meanwhile, one update at a visit"),
  poolUpdates: z.int().min(1).default(100).describe("updates after which a network begins anew"),
  lrNet: z.number().positive().default(3e-4).describe("Adam learning rate of these networks"),
  ridge: z
    .number()
    .positive()
    .default(1e-6)
    .describe("ridge of the regression, relative to the features' mean square norm"),
  learnLabels: z.boolean().default(true).describe("labels move too"),
  init: z.enum(["real", "noise"]).default("real").describe("what the synthetic images start from"),
  width,
  depth,
  norm,
});

/** What an iteration changes besides the pool. */
interface State {
  readonly iteration: number;
  readonly images: Floats;
  readonly labels: Floats;
  readonly ofImages: Moments;
  readonly ofLabels: Moments;
  readonly loss: number | undefined;
}

/**
 * FRePo: a linear head that ridge regression fits to the set, on the features of networks that learn the set meanwhile, is judged on
 * real images; images and labels follow the derivative (arXiv 2206.00719).
 *
 * Differs: the toolkit's ConvNet, which is as wide in every block; the published one doubles its width and has batch norm. A
 * network learns the whole set at a visit, unchanged.
 */
export const neuralFeatureRegression: Distillation<typeof options> = {
  title: "Neural feature regression with pooling (FRePo)",
  abbreviation: "frepo",
  source: "arXiv 2206.00719",
  access: "raw-data",
  options,
  presets: {
    reduced: { width: 32, batchReal: 256, iterations: 3000, lrImg: 3e-3 },
    quick: { width: 32, batchReal: 128, iterations: 200, lrImg: 1e-2, poolSize: 4 },
  },
  check(set, opts) {
    checkStart(set, { ...opts, factor: 1 }, "neuralFeatureRegression");
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record: DistillationRecord = { method: "neuralFeatureRegression", options: opts, source: set, context };
    const { key, device, normalisation, resume } = context;
    if (resume) checkResume(record, resume);
    const { classes } = set;
    const [total, channels, size] = set.shape;
    const m = classes * opts.ipc;
    const n = Math.min(opts.batchReal, total);
    const start = (): State => {
      const images = initialImages(set, { ...opts, factor: 1 }, normalisation, key);
      const labels = centred(
        classes,
        Int32Array.from({ length: m }, (_, i) => Math.floor(i / opts.ipc)),
      );
      const scaled = labels.map((v) => v / Math.sqrt(classes / 10));
      const [ofImages, ofLabels] = [noMoments(images.length), noMoments(labels.length)];
      return { iteration: 0, images, labels: scaled, ofImages, ofLabels, loss: undefined };
    };
    let state = resume ? restore(resume) : start();
    const report = (now: State, checkpoint: DistillationStep["checkpoint"]): DistillationStep => ({
      iteration: now.iteration,
      total: opts.iterations,
      ...(now.loss === undefined ? {} : { loss: now.loss }),
      set: () =>
        distilledSet(record, now.images, now.iteration, {
          labels: { kind: "soft", form: "centred", values: now.labels.slice() },
        }),
      checkpoint,
    });
    if (resume && state.iteration === opts.iterations) {
      yield report(state, () => resume);
      return;
    }

    const [{ convNet }, { Scope }, { compileRidgeSlopes, compileOnlineStep }, { OnlinePool }] = await loadParts();
    const network = convNet({ channels, size, classes }, opts);
    await using scope = new Scope();
    const slopesOf = scope.hold(await compileRidgeSlopes(network, { m, n, ridge: opts.ridge }, device));
    const online = scope.hold(await compileOnlineStep(network, m, device));
    const pool = new OnlinePool(network, online, opts.lrNet, opts.poolUpdates, child(key, "pool"));
    if (resume) pool.restore(resume.json.members as { age: number; birth: number }[], resume.arrays);
    else await pool.fill(opts.poolSize, state);
    const everyRow = Int32Array.from({ length: total }, (_, i) => i);
    const rate = cosineRate(opts.lrImg, opts.iterations);

    while (state.iteration < opts.iterations) {
      const { iteration, images, labels } = state;
      const own = child(key, "iteration", iteration);
      const j = new Stream(child(own, "member")).integer(opts.poolSize);
      const rows = sampleRows(everyRow, n, child(own, "real"));
      const wanted = centred(
        classes,
        rows.map((row) => set.labels[row]),
      );
      const real = normalisedRows(set, rows, normalisation);
      const slopes = await slopesOf(pool.weights(j), images, labels, real, wanted);
      const { loss: margin, gradient } = marginLoss(labels, classes);
      const loss = slopes.loss[0] + (opts.learnLabels ? margin : 0);
      if (!Number.isFinite(loss))
        throw new NumericError(
          `neuralFeatureRegression: invalid loss: expected a number, got ${loss}; a lower lrImg or a higher ridge may help`,
          iteration,
        );
      const lr = rate(iteration);
      const x = lambStep(images, state.ofImages, slopes.images, iteration, lr);
      const towards = slopes.labels.map((v, i) => v + gradient[i]);
      const y = opts.learnLabels ? lambStep(labels, state.ofLabels, towards, iteration, lr) : undefined;
      state = {
        iteration: iteration + 1,
        images: x.values,
        labels: y?.values ?? labels,
        ofImages: { mean: x.mean, square: x.square },
        ofLabels: y ? { mean: y.mean, square: y.square } : state.ofLabels,
        loss,
      };
      await pool.visit(j, state);
      const [now, members] = [state, pool.save()];
      yield report(now, () => save(now, fingerprint(record), members));
    }
  },
};

/** One-hot − 1/K of each class, [n, K]. */
function centred(classes: number, of: Int32Array): Floats {
  const out = new Float32Array(of.length * classes).fill(-1 / classes);
  of.forEach((k, i) => {
    out[i * classes + k] += 1;
  });
  return out;
}

function save(now: State, run: string, members: ReturnType<OnlinePool["save"]>): Checkpoint {
  const { iteration, images, labels, ofImages, ofLabels, loss } = now;
  return {
    json: { run, iteration, members: members.json, ...(loss === undefined ? {} : { loss }) },
    arrays: {
      images,
      labels,
      imagesMean: ofImages.mean,
      imagesSquare: ofImages.square,
      labelsMean: ofLabels.mean,
      labelsSquare: ofLabels.square,
      ...members.arrays,
    },
  };
}

function restore({ json, arrays }: Checkpoint): State {
  const { iteration, loss } = json as { iteration: number; loss?: number };
  const { images, labels } = arrays;
  const ofImages = { mean: arrays.imagesMean, square: arrays.imagesSquare };
  return {
    iteration,
    images,
    labels,
    ofImages,
    ofLabels: { mean: arrays.labelsMean, square: arrays.labelsSquare },
    loss,
  };
}

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../nn/networks/convNet.ts"),
    import("../core/closable.ts"),
    import("./kernelRidge/compileRidge.ts"),
    import("./kernelRidge/OnlinePool.ts"),
  ]);
