import { Scope } from "../../core/closable.ts";
import { Stream } from "../../core/random.ts";
import { madIndex } from "../../metrics/madIndex.ts";
import { crossEntropy } from "../../nn/losses.ts";
import { type Floats, specsOf } from "../../nn/Network.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import { add, mul, reshape, sigmoid, slice, sub, sum } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { adam } from "../adam.ts";
import { asSeen } from "../asSeen.ts";
import { type DetectorContext, defineDetector } from "./Detector.ts";

/** A class whose mask is smaller than the median by more than so many deviations is a target, says the paper. */
const INDEX = 2;
/** Steps of each class, Adam's rate and weight of the mask's sum, as the paper's program has them but for fewer steps. */
const STEPS = 200;
const RATE = 0.1;
const WEIGHT = 1e-3;
/** Success that the mask has to keep, and how fast its weight follows: doubled or halved after so many steps above or below. */
const KEPT = 0.99;
const PATIENCE = 5;
const FACTOR = 2;
/** Fewest classes of which a deviation says something. Chosen: with four, one of three others sets it. */
const LEAST_CLASSES = 5;

type Values = { readonly pattern: Floats; readonly mask: Floats };

/**
 * Neural Cleanse: for each class the smallest mask and a pattern that call it, and a class whose mask is far smaller than those of the
 * others.
 *
 * Differs: on pictures that are none of the set instead of clean test images, which a receiver does not have; one of the audit's
 * networks; 200 steps. Of ten classes that are alike the index accuses one in up to a third of draws (docs/audit.md).
 */
export const neuralCleanse = defineDetector({
  title: "Neural Cleanse: a class that a far smaller mask calls",
  source: "Wang et al., IEEE S&P 2019, IV",
  phase: "read",
  level: "deep",
  decisive: false,
  async run(context) {
    const { classes, shape } = context.audited;
    if (classes < LEAST_CLASSES)
      return {
        ...{ score: 0, alarm: false, threshold: INDEX },
        note: `${classes} classes are too few for a median absolute deviation`,
      };
    await using scope = new Scope();
    const found = await smallestMasks(context, scope);
    const norms = found.map(({ norm }) => norm);
    const { index, deviation } = madIndex(norms);
    if (deviation === 0)
      return { score: 0, alarm: false, threshold: INDEX, note: "the masks of most classes are equally large" };
    // Only a mask that is smaller than the others' speaks for a backdoor.
    const scores = index.map((v) => Math.max(0, -v));
    const score = Math.max(...scores);
    const targetClass = scores.indexOf(score);
    const [, , h] = shape;
    const { pattern, mask } = found[targetClass].values;
    return {
      score,
      targetClass,
      patch: { top: 0, left: 0, side: h, values: pattern, mask },
      alarm: score > INDEX,
      threshold: INDEX,
    };
  },
});

/** The smallest mask of each class that keeps its success; the last one where none does. */
async function smallestMasks(context: DetectorContext, scope: Scope): Promise<{ norm: number; values: Values }[]> {
  const { audited, search, states, key } = context;
  const { shape, classes } = audited;
  const [, c, h, w] = shape;
  const n = search.pictures;
  const run = scope.hold(await compiled(context, n));
  const { weights, running } = states[0];
  const stream = new Stream(key);
  const start = Float32Array.from({ length: (c + 1) * h * w }, () => stream.normal());
  const found: { norm: number; values: Values }[] = [];
  for (let t = 0; t < classes; t++) {
    const target = new Float32Array(n * classes);
    for (let i = 0; i < n; i++) target[i * classes + t] = 1;
    const descent = adam(start, RATE, [0.5, 0.9]);
    let weight = WEIGHT;
    let [up, down] = [0, 0];
    let best: { norm: number; values: Values } | undefined;
    let last: { norm: number; values: Values } | undefined;
    for (let step = 0; step < STEPS; step++) {
      search.panel.count(3 * n);
      const { gradient, logits, pattern, mask } = await run(
        weights,
        running,
        search.pixels,
        descent.values,
        target,
        Float32Array.of(weight),
      );
      const norm = mask.reduce((s, v) => s + v, 0);
      last = { norm, values: { pattern, mask } };
      const kept = successOf(logits, classes, t) >= KEPT;
      if (kept && (!best || norm < best.norm)) best = last;
      [up, down] = kept ? [up + 1, 0] : [0, down + 1];
      if (up >= PATIENCE) [weight, up] = [weight * FACTOR, 0];
      if (down >= PATIENCE) [weight, down] = [weight / FACTOR ** 1.5, 0];
      descent.step(gradient);
    }
    found.push(best ?? last!);
  }
  return found;
}

function successOf(logits: Floats, classes: number, t: number): number {
  let hits = 0;
  const n = logits.length / classes;
  for (let i = 0; i < n; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    if (row.every((v, k) => k === t || v <= row[t])) hits++;
  }
  return hits / n;
}

type Descent = Compiled<
  [weights: Tree<Floats>, running: Tree<Floats>, pixels: Floats, free: Floats, target: Floats, weight: Floats],
  { gradient: Floats; logits: Floats; pattern: Floats; mask: Floats }
>;

/** Pattern and mask are sigmoids of free numbers, C·H·W and H·W. */
async function compiled({ audited, search, device }: DetectorContext, n: number): Promise<Descent> {
  const { shape, classes } = audited;
  const [, c, h, w] = shape;
  const { network } = search.panel.learner;
  const seen = asSeen(audited);
  const program = (
    weights: Tree<Tensor>,
    running: Tree<Tensor>,
    pixels: Tensor,
    free: Tensor,
    target: Tensor,
    weight: Tensor,
  ): Tree<Tensor> => {
    const parts = (all: Tensor) => {
      const planes = sigmoid(reshape(all, [c + 1, h, w]));
      return {
        pattern: slice(planes, [
          [0, c],
          [0, h],
          [0, w],
        ]),
        mask: slice(planes, [
          [c, c + 1],
          [0, h],
          [0, w],
        ]),
      };
    };
    const logitsOf = (all: Tensor) => {
      const { pattern, mask } = parts(all);
      const shown = add(mul(pixels, sub(1, mask)), mul(reshape(pattern, [1, c, h, w]), mask));
      return network.forward(weights, running, seen(shown), false).logits;
    };
    const lossOf = (all: Tensor) =>
      add(crossEntropy(logitsOf(all), target), mul(reshape(weight, []), sum(parts(all).mask)));
    const [, gradient] = valueAndGrad(lossOf)(free);
    return { gradient, logits: logitsOf(free), ...parts(free) };
  };
  const specs = [
    specsOf(network.weights),
    specsOf(network.running),
    f32(n, c, h, w),
    f32((c + 1) * h * w),
    f32(n, classes),
    f32(1),
  ];
  return (await compile(program, specs, device)) as unknown as Descent;
}
