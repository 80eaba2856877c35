import * as z from "zod";
import { child, type Key, normal } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { gamutBounds } from "../../data/Trigger.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { adam } from "../../nn/optimisers.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import { add, constant, maximum, minimum, mul, neg, slice, square, sub, sum } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { applyUpdate, type Learner, type LearnerState } from "../../train/Learner.ts";
import { classesOf } from "../../train/targets.ts";

export const archetypeOptions = z.strictObject({
  objective: z
    .enum(["logit", "feature"])
    .default("logit")
    .describe("ascend the logit of the class, or match its mean penultimate feature in the set"),
  perClass: z.int().min(1).default(1).describe("archetypes per class"),
  steps: z.int().min(1).default(200).describe("Adam steps"),
  lr: z.number().positive().default(0.1).describe("Adam learning rate"),
  tv: z.number().min(0).default(0).describe("weight of total variation"),
  l2: z.number().min(0).default(0).describe("weight of the mean square"),
  clamp: z.boolean().default(false).describe("keep archetypes within what a picture can hold"),
});

export type ArchetypeOptions = z.infer<typeof archetypeOptions>;

export interface Archetypes {
  readonly images: Floats;
  readonly classes: Int32Array<ArrayBuffer>;
  readonly losses: readonly number[];
}

/**
 * Reconstruct a conceptual archetype of each class from a trained network (arXiv 2502.04229, §archetypes): start from
 * N(0, 1) and descend −logit_c(x) with Adam. Class-major, `perClass` images each.
 */
export async function archetypes(
  learner: Learner,
  state: Pick<LearnerState, "weights" | "running">,
  set: DistilledSet,
  options: ArchetypeOptions,
  key: Key,
  device: Device,
): Promise<Archetypes> {
  const { network } = learner;
  const [c, h, w] = network.input;
  const classes = Int32Array.from({ length: network.classes * options.perClass }, (_, i) =>
    Math.floor(i / options.perClass),
  );
  const n = classes.length;
  const target =
    options.objective === "logit" ? oneHot(classes, network.classes) : await meanFeatures(learner, state, set, classes);
  const bounds = options.clamp ? gamutBounds(set.normalisation, c) : undefined;
  await using program = await compileStep(network, options, n, target.length / n, bounds, device);
  const step = await program.hold([state.weights, state.running], target);

  const optimiser = adam();
  let x = normal(child(key, "archetypes"), n * c * h * w);
  let slots: Floats[] = [new Float32Array(x.length), new Float32Array(x.length)];
  const losses: number[] = [];
  for (let i = 0; i < options.steps; i++) {
    const hyper = Float32Array.from(optimiser.hyper(i, options.lr));
    const out = await step(x, slots, hyper);
    x = out.x;
    slots = [...out.slots];
    losses.push(out.loss[0] / n);
  }
  return { images: x, classes, losses };
}

type Model = readonly [weights: Tree<Tensor>, running: Tree<Tensor>];
type Step = CompiledHeld<
  [model: readonly [weights: Tree<Floats>, running: Tree<Floats>], target: Floats],
  [x: Floats, slots: readonly Floats[], hyper: Floats],
  { loss: Floats; x: Floats; slots: readonly Floats[] }
>;

async function compileStep(
  network: Network,
  options: ArchetypeOptions,
  n: number,
  width: number,
  bounds: { low: number[]; high: number[] } | undefined,
  device: Device,
): Promise<Step> {
  const [c, h, w] = network.input;
  const image = f32(n, c, h, w);
  const optimiser = adam();
  const clamp = (x: Tensor): Tensor => {
    if (!bounds) return x;
    const channel = (values: number[]) => constant(values, [c, 1, 1]);
    return minimum(maximum(x, channel(bounds.low)), channel(bounds.high));
  };
  // Summed over images: each image follows its own gradient.
  const objective = ([weights, running]: Model, target: Tensor, x: Tensor): Tensor => {
    const { logits, features } = network.forward(weights, running, x, false);
    const main = options.objective === "logit" ? neg(sum(mul(logits, target))) : sum(square(sub(features, target)));
    const smooth = options.tv === 0 ? main : add(main, mul(totalVariation(x), options.tv));
    return options.l2 === 0 ? smooth : add(smooth, mul(sum(square(x)), options.l2 / (c * h * w)));
  };
  const program = (model: Model, target: Tensor, x: Tensor, slots: readonly Tensor[], hyper: Tensor): Tree<Tensor> => {
    const [loss, gradient] = valueAndGrad((images: Tensor) => objective(model, target, images))(x);
    const next = applyUpdate(optimiser, x, gradient, slots, hyper);
    return { loss, x: clamp(next.weights as Tensor), slots: next.slots };
  };
  const held = [[specsOf(network.weights), specsOf(network.running)], f32(n, width)];
  return (await compileHeld(program, held, [image, [image, image], f32(optimiser.hypers)], device)) as unknown as Step;
}

/** Σ squared differences of neighbours (Mahendran and Vedaldi 2015, β = 2). */
function totalVariation(x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  const part = (y0: number, y1: number, x0: number, x1: number) =>
    slice(x, [
      [0, n],
      [0, c],
      [y0, y1],
      [x0, x1],
    ]);
  const down = sub(part(1, h, 0, w), part(0, h - 1, 0, w));
  const right = sub(part(0, h, 1, w), part(0, h, 0, w - 1));
  return add(sum(square(down)), sum(square(right)));
}

function oneHot(classes: Int32Array, k: number): Floats {
  const out = new Float32Array(classes.length * k);
  classes.forEach((label, i) => {
    out[i * k + label] = 1;
  });
  return out;
}

/** Per archetype the mean feature of its class in the set, [n, D]. */
async function meanFeatures(
  learner: Learner,
  state: Pick<LearnerState, "weights" | "running">,
  set: DistilledSet,
  classes: Int32Array,
): Promise<Floats> {
  const m = set.shape[0];
  const { features } = await learner.predict(state, set.images);
  const d = features.length / m;
  const labels = classesOf(set);
  const out = new Float32Array(classes.length * d);
  classes.forEach((label, i) => {
    const members = [...labels.keys()].filter((j) => labels[j] === label);
    for (const j of members) for (let k = 0; k < d; k++) out[i * d + k] += features[j * d + k] / members.length;
  });
  return out;
}
