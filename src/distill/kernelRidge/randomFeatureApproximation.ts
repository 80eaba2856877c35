import * as z from "zod";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { child, type Key } from "../../core/random.ts";
import { sampleRows } from "../../data/classRows.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { adaBeliefStep, type Moments, noMoments } from "../common/momentArrays.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { sharedOptions } from "../common/sharedOptions.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import { centred } from "./centred.ts";

const { ipc, depth } = sharedOptions;
const options = z.strictObject({
  ipc,
  iterations: z.int().min(1).default(100_000).describe("updates of the images"),
  lrImg: z.number().positive().default(1e-3).describe("AdaBelief learning rate of images and labels"),
  loss: z
    .enum(["platt", "squared"])
    .default("platt")
    .describe("cross-entropy of the answers times a learnt scale, or their squared error"),
  lrScale: z.number().positive().default(1e-2).describe("AdaBelief learning rate of the logarithm of that scale"),
  batchReal: z.int().min(1).default(5120).describe("real images an update"),
  models: z.int().min(1).default(8).describe("random networks whose kernels are averaged"),
  newEvery: z.int().min(1).default(1).describe("updates after which they are drawn anew"),
  ridge: z.number().positive().default(5e-3).describe("ridge of the regression, relative to the kernel's diagonal"),
  learnLabels: z.boolean().default(true).describe("labels move too"),
  init: z.enum(["real", "noise"]).default("real").describe("what the synthetic images start from"),
  width: z.int().min(1).default(256).describe("channels of these ConvNets"),
  depth,
});

type Learnt = "images" | "labels" | "scale";
const learnt: readonly Learnt[] = ["images", "labels", "scale"];

/** All that an iteration changes. The scale is one number, the logarithm of what answers are multiplied by. */
type State = Readonly<Record<Learnt, Floats>> & { readonly moments: Readonly<Record<Learnt, Moments>> };

// Chosen: real images go through a network so many at a time.
const CHUNK = 64;

/**
 * RFAD: kernel regression from the set, with the kernel of wide random networks approximated by their features, is judged on real
 * images; images and labels follow the derivative (arXiv 2210.12067).
 *
 * Differs: no linear map of the images is learnt besides, and the last images are kept, not the best of a validation.
 */
export const randomFeatureApproximation: Distillation<typeof options> = {
  title: "Random feature approximation (RFAD)",
  abbreviation: "rfad",
  source: "arXiv 2210.12067",
  access: "raw-data",
  options,
  presets: {
    reduced: { width: 64, models: 1, newEvery: 10, batchReal: 512, iterations: 2000, lrImg: 3e-3 },
    quick: { width: 32, models: 1, newEvery: 5, batchReal: 256, iterations: 150, lrImg: 1e-2 },
  },
  readWhen: [{ option: "lrScale", read: ({ loss }) => loss === "platt", by: "loss platt" }],
  check(set, opts) {
    checkStart(set, { ...opts, factor: 1, norm: "none" }, "randomFeatureApproximation");
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record: DistillationRecord = { method: "randomFeatureApproximation", options: opts, source: set, context };
    const { key, device, normalisation } = context;
    const { classes } = set;
    const [total, ...image] = set.shape;
    const m = classes * opts.ipc;
    const n = Math.min(opts.batchReal, total);
    const moves: Readonly<Record<Learnt, number>> = {
      images: opts.lrImg,
      labels: opts.learnLabels ? opts.lrImg : 0,
      scale: opts.loss === "platt" ? opts.lrScale : 0,
    };
    const start = (): State => {
      const images = initialImages(set, { ...opts, factor: 1 }, normalisation, key);
      const labels = centred(
        classes,
        Int32Array.from({ length: m }, (_, i) => Math.floor(i / opts.ipc)),
      );
      const scale = new Float32Array(1);
      const moments = { images: noMoments(images.length), labels: noMoments(labels.length), scale: noMoments(1) };
      return { images, labels, scale, moments };
    };
    yield* reportSteps<State>(record, {
      total: opts.iterations,
      set: ({ images, labels, scale }, step) =>
        distilledSet(record, images, step, {
          labels: { kind: "soft", form: "centred", values: labels.slice() },
          learnt: opts.loss === "platt" ? { plattScale: Math.exp(scale[0]) } : {},
        }),
      save,
      finished: restore,
      async *steps(done, checkpoint) {
        const [{ networkFor }, { Scope }, { gaussianWeights }, compilers] = await loadParts();
        const { compileFeatures, compilePullback, compileJudge } = compilers;
        const network = networkFor(set, { ...opts, norm: "none" }, record.method);
        await using scope = new Scope();
        const chunk = Math.min(CHUNK, n);
        const featuresOf = scope.hold(await compileFeatures(network, chunk, device));
        const ownFeatures = m === chunk ? featuresOf : scope.hold(await compileFeatures(network, m, device));
        const draw = (iteration: number) =>
          drawModels(opts, child(key, "networks"), iteration, (own) => gaussianWeights(network, own));
        let state = checkpoint ? restore(checkpoint) : start();
        const d = (await ownFeatures(draw(0)[0], state.images)).length / m;
        const pullback = scope.hold(await compilePullback(network, m, d, device));
        const judge = scope.hold(await compileJudge({ ...opts, m, n }, d, classes, device));
        const everyRow = Int32Array.from({ length: total }, (_, i) => i);
        let models = draw(done);

        for (let iteration = done; iteration < opts.iterations; iteration++) {
          if (iteration % opts.newEvery === 0) models = draw(iteration);
          const { images, labels, scale } = state;
          const rows = sampleRows(everyRow, n, child(key, "real", iteration));
          const real = normalisedRows(set, rows, normalisation);
          const wanted = centred(
            classes,
            rows.map((row) => set.labels[row]),
          ).map((v) => (opts.loss === "platt" ? v + 1 / classes : v));
          const [own, others]: [Floats[], Floats[]] = [[], []];
          for (const weights of models) {
            own.push(await ownFeatures(weights, images));
            others.push(await inChunks(real, n, chunk, d, (x) => featuresOf(weights, x)));
          }
          const slopes = await judge(own, others, labels, scale, wanted);
          const ofImages = new Float32Array(m * image.reduce((a, b) => a * b, 1));
          for (const [j, weights] of models.entries()) {
            const part = await pullback(weights, images, slopes.features[j]);
            part.forEach((v, i) => {
              ofImages[i] += v;
            });
          }
          state = moved(state, { images: ofImages, labels: slopes.labels, scale: slopes.scale }, iteration, moves);
          yield { loss: slopes.loss[0], state, advice: "a lower lrImg or a higher ridge" };
        }
      },
    });
  },
};

/** The networks of an iteration, which follow from its number. */
function drawModels(
  { models, newEvery }: { readonly models: number; readonly newEvery: number },
  key: Key,
  iteration: number,
  weightsOf: (key: Key) => Tree<Floats>,
): Tree<Floats>[] {
  const round = Math.floor(iteration / newEvery);
  return Array.from({ length: models }, (_, j) => weightsOf(child(key, round, j)));
}

/** The features of n images, a chunk at a time. The last chunk begins earlier instead of being shorter. */
async function inChunks(
  images: Floats,
  n: number,
  chunk: number,
  features: number,
  of: (images: Floats) => Promise<Floats>,
): Promise<Floats> {
  const size = images.length / n;
  const out = new Float32Array(n * features);
  for (let from = 0; from < n; from += chunk) {
    const first = Math.min(from, n - chunk);
    out.set(await of(images.slice(first * size, (first + chunk) * size)), first * features);
  }
  return out;
}

/** One step of AdaBelief of everything that moves. */
function moved(
  state: State,
  gradients: Readonly<Record<Learnt, Floats>>,
  step: number,
  rates: Readonly<Record<Learnt, number>>,
): State {
  const next = learnt.map((name) =>
    rates[name] > 0
      ? adaBeliefStep(state[name], state.moments[name], gradients[name], step, rates[name])
      : { values: state[name], ...state.moments[name] },
  );
  const [images, labels, scale] = next.map(({ values }) => values);
  const [ofImages, ofLabels, ofScale] = next.map(({ mean, square }) => ({ mean, square }));
  return { images, labels, scale, moments: { images: ofImages, labels: ofLabels, scale: ofScale } };
}

function save({ moments, ...values }: State): Pick<Checkpoint, "json" | "arrays"> {
  const arrays = learnt.map((name) => ({
    [name]: values[name],
    [`${name}Mean`]: moments[name].mean,
    [`${name}Square`]: moments[name].square,
  }));
  return { json: {}, arrays: Object.assign({}, ...arrays) };
}

function restore({ arrays }: Checkpoint): State {
  const of = (name: Learnt): Moments => ({ mean: arrays[`${name}Mean`], square: arrays[`${name}Square`] });
  const { images, labels, scale } = arrays;
  return { images, labels, scale, moments: { images: of("images"), labels: of("labels"), scale: of("scale") } };
}

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../common/networkFor.ts"),
    import("../../core/closable.ts"),
    import("./gaussianWeights.ts"),
    import("./compileRandomFeatures.ts"),
  ]);
