import * as z from "zod";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { child, Stream } from "../../core/random.ts";
import { sampleRows } from "../../data/classRows.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Floats } from "../../nn/Network.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { lambStep, type Moments, noMoments } from "../common/momentArrays.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { convNetReadWhen, sharedOptions } from "../common/sharedOptions.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import { cosineRate } from "../teachers/rawTeacher.ts";
import { centred } from "./centred.ts";
import { marginLoss } from "./margin.ts";
import type { OnlinePool } from "./OnlinePool.ts";

const { ipc, network, width, depth, norm } = sharedOptions;
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
  network,
  width,
  depth,
  norm,
});

/** What an iteration changes besides the pool. */
interface Lesson {
  readonly images: Floats;
  readonly labels: Floats;
  readonly ofImages: Moments;
  readonly ofLabels: Moments;
}

interface State extends Lesson {
  readonly pool: ReturnType<OnlinePool["save"]>;
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
  readWhen: convNetReadWhen,
  check(set, opts) {
    checkStart(set, { ...opts, factor: 1 }, "neuralFeatureRegression");
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record: DistillationRecord = { method: "neuralFeatureRegression", options: opts, source: set, context };
    const { key, device, normalisation } = context;
    const { classes } = set;
    const [total] = set.shape;
    const m = classes * opts.ipc;
    const n = Math.min(opts.batchReal, total);
    const start = (): Lesson => {
      const images = initialImages(set, { ...opts, factor: 1 }, normalisation, key);
      const own = Int32Array.from({ length: m }, (_, i) => Math.floor(i / opts.ipc));
      const labels = centred(classes, own).map((v) => v / Math.sqrt(classes / 10));
      return { images, labels, ofImages: noMoments(images.length), ofLabels: noMoments(labels.length) };
    };
    yield* reportSteps<State>(record, {
      total: opts.iterations,
      set: ({ images, labels }, step) =>
        distilledSet(record, images, step, { labels: { kind: "soft", form: "centred", values: labels.slice() } }),
      save,
      finished: restore,
      async *steps(done, checkpoint) {
        const [{ networkWithoutBatchNorm }, { Scope }, { compileRidgeSlopes, compileOnlineStep }, { OnlinePool }] =
          await loadParts();
        const network = networkWithoutBatchNorm(set, opts, record.method);
        await using scope = new Scope();
        const slopesOf = scope.hold(await compileRidgeSlopes(network, { m, n, ridge: opts.ridge }, device));
        const online = scope.hold(await compileOnlineStep(network, m, device));
        const pool = new OnlinePool(network, online, opts.lrNet, opts.poolUpdates, child(key, "pool"));
        const resumed = checkpoint && restore(checkpoint);
        let state: Lesson = resumed ?? start();
        if (resumed) pool.restore(resumed.pool.json, resumed.pool.arrays);
        else await pool.fill(opts.poolSize, state);
        const everyRow = Int32Array.from({ length: total }, (_, i) => i);
        const rate = cosineRate(opts.lrImg, opts.iterations);

        for (let iteration = done; iteration < opts.iterations; iteration++) {
          const { images, labels } = state;
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
          const lr = rate(iteration);
          const x = lambStep(images, state.ofImages, slopes.images, iteration, lr);
          const towards = slopes.labels.map((v, i) => v + gradient[i]);
          const y = opts.learnLabels ? lambStep(labels, state.ofLabels, towards, iteration, lr) : undefined;
          state = {
            images: x.values,
            labels: y?.values ?? labels,
            ofImages: { mean: x.mean, square: x.square },
            ofLabels: y ? { mean: y.mean, square: y.square } : state.ofLabels,
          };
          await pool.visit(j, state);
          yield { loss, state: { ...state, pool: pool.save() }, advice: "a lower lrImg or a higher ridge" };
        }
      },
    });
  },
};

function save({ images, labels, ofImages, ofLabels, pool }: State): Pick<Checkpoint, "json" | "arrays"> {
  return {
    json: { members: pool.json },
    arrays: {
      images,
      labels,
      imagesMean: ofImages.mean,
      imagesSquare: ofImages.square,
      labelsMean: ofLabels.mean,
      labelsSquare: ofLabels.square,
      ...pool.arrays,
    },
  };
}

function restore({ json, arrays }: Checkpoint): State {
  const { images, labels, imagesMean, imagesSquare, labelsMean, labelsSquare, ...members } = arrays;
  return {
    images,
    labels,
    ofImages: { mean: imagesMean, square: imagesSquare },
    ofLabels: { mean: labelsMean, square: labelsSquare },
    pool: { json: json.members as State["pool"]["json"], arrays: members },
  };
}

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../common/networkFor.ts"),
    import("../../core/closable.ts"),
    import("./compileRidge.ts"),
    import("./OnlinePool.ts"),
  ]);
