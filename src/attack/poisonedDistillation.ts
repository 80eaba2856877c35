import { z } from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError, UsageError } from "../core/errors.ts";
import { child } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { applyTrigger } from "../data/Trigger.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import { gradientDistances } from "../nn/gradientDistance.ts";
import type { Floats } from "../nn/Network.ts";
import { convNet } from "../nn/networks/convNet.ts";
import type { Tree } from "../tensor/tree.ts";
import { targetsOf } from "../train/targets.ts";
import { type Attack, type AttackProgress, tamperedRecord } from "./Attack.ts";
import { archetypes } from "./archetypes.ts";
import { checkTarget } from "./badNets.ts";
import { budgetOptions, checkBudget, imageOptimiser, limitRows, limitsOf, withinEightBit } from "./budget.ts";
import { compileGradient, compileUpdate } from "./hybridLoss.ts";
import { partition, putRows, rowsOf } from "./parts.ts";
import { Surrogates } from "./surrogate.ts";
import { triggerOptions } from "./triggerOptions.ts";

const distanceNames = Object.keys(gradientDistances) as [
  keyof typeof gradientDistances,
  ...(keyof typeof gradientDistances)[],
];

const options = z.strictObject({
  trigger: triggerOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  alpha: z.number().min(0).max(1).default(0.6).describe("weight of the backdoor part of the loss"),
  distance: z.enum(distanceNames).default("cosine").describe("distance between gradients"),
  trajectory: z.int().min(1).default(11).describe("networks along the benign trajectory; the i-th is trained i steps"),
  steps: z.int().min(1).default(101).describe("updates of the set at each network"),
  lr: z.number().positive().default(0.1).describe("Adam learning rate of the images"),
  ...budgetOptions,
  batch: z.int().min(1).default(256).describe("images an update; larger sets are updated part by part"),
  surrogate: z
    .strictObject({
      width: z.int().min(1).default(128).describe("channels of the surrogate ConvNet"),
      depth: z.int().min(1).max(4).default(3).describe("blocks of the surrogate ConvNet"),
      hidden: z.int().min(0).default(512).describe("extra linear layer before the last one; 0 = none"),
      steps: z.int().min(0).default(100).describe("full-batch SGD steps on the set"),
      lr: z.number().positive().default(0.01).describe("SGD learning rate"),
      momentum: z.number().min(0).lt(1).default(0.9).describe("SGD momentum"),
      weightDecay: z.number().min(0).default(5e-4).describe("SGD weight decay"),
    })
    .prefault({}),
  archetype: z
    .strictObject({
      objective: z.enum(["logit", "feature"]).default("logit").describe("what an archetype maximises or matches"),
      perClass: z.int().min(1).default(1).describe("archetypes per class"),
      steps: z.int().min(1).default(200).describe("Adam steps"),
      lr: z.number().positive().default(0.1).describe("Adam learning rate"),
      tv: z.number().min(0).default(0).describe("weight of total variation"),
      l2: z.number().min(0).default(0).describe("weight of the mean square"),
      clamp: z.boolean().default(false).describe("keep archetypes within what a picture can hold"),
    })
    .prefault({}),
});

type Options = z.infer<typeof options>;

/** Share of a set update's time that one step of training or reconstruction takes; for the ETA only. Measured. */
const LIGHT = 0.35;

/**
 * The attack of arXiv 2502.04229 with the defaults of its released program (method, §2): reconstruct archetypes from a
 * surrogate, stamp and relabel them, and move the set so that its gradients along the benign trajectory point both where
 * the clean set's and where the backdoor set's point. Labels and size stay.
 *
 * Differs: gradients that are constant at one network are computed once there. `Chosen:` one Adam state for the whole
 * run; sets larger than `batch` are cut into fixed parts, each updated once a step.
 */
export const poisonedDistillation: Attack<typeof options> = {
  title: "Poisoned distillation",
  source: "arXiv 2502.04229",
  access: "distilled-set",
  options,
  async *run(set, opts, context) {
    checkTarget("poisonedDistillation", set, opts.targetClass);
    if (set.shape[2] !== set.shape[3])
      throw new UsageError(
        `poisonedDistillation: invalid images: expected square ones, got ${set.shape[2]}×${set.shape[3]}`,
      );
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(context.key, "trigger"));
    checkBudget("poisonedDistillation", opts);
    const limits = limitsOf(set, opts);
    const { key, device } = context;
    const { surrogate, archetype } = opts;
    const [, channels, size] = set.shape;
    const architecture = { width: surrogate.width, depth: surrogate.depth, hidden: surrogate.hidden || undefined };
    const surrogateNetwork = convNet({ channels, size, classes: set.classes }, architecture);
    const surrogates = new Surrogates(surrogateNetwork, set, surrogate, opts.batch, device);
    const total =
      LIGHT * (surrogate.steps + archetype.steps + (opts.trajectory * (opts.trajectory - 1)) / 2) +
      opts.trajectory * opts.steps;
    let done = LIGHT * (surrogate.steps + archetype.steps);
    const report = (phase: string, more: Partial<AttackProgress> = {}): AttackProgress => ({
      phase,
      done,
      total,
      ...more,
    });

    let run = context.resume ? restore(context.resume) : undefined;
    if (!run) {
      yield { ...report("surrogate"), done: 0 };
      const { weights } = await surrogates.trained(surrogate.steps, child(key, "surrogate"));
      yield { ...report("archetypes"), done: LIGHT * surrogate.steps };
      const made = await archetypes(surrogates.learner, weights, set, archetype, child(key, "archetypes"), device);
      run = begin(set, made.images, made.losses);
    }

    const perClass = archetype.perClass;
    const stamped = applyTrigger(trigger, run.archetypes);
    const targets = oneClass(opts.targetClass, set.classes, set.classes * perClass);
    const parts = partition(set, opts.batch, child(key, "parts"));
    const { network } = surrogates.learner;
    const gradients = await perSize([...parts.map((p) => p.length), targets.length / set.classes], (n) =>
      compileGradient(network, n, device),
    );
    const updates = await perSize(
      parts.map((p) => p.length),
      (n) => compileUpdate(network, n, opts, limits, device),
    );
    const y = targetsOf(set);
    const m = set.shape[0];

    for (; run.block < opts.trajectory; run = { ...run, block: run.block + 1, step: 0 }) {
      const { weights } = await surrogates.trained(run.block, child(key, "trajectory", run.block));
      done = blockStart(opts, run.block);
      const backdoor = await gradients.get(targets.length / set.classes)!(weights, stamped, targets);
      const real: Tree<Floats>[] = [];
      for (const p of parts)
        real.push(await gradients.get(p.length)!(weights, rowsOf(set.images, p, m), rowsOf(y, p, m)));
      while (run.step < opts.steps) {
        const hyper = Float32Array.from(imageOptimiser.hyper(run.block * opts.steps + run.step, opts.lr));
        const sums = { loss: 0, benign: 0, backdoor: 0 };
        let { images, slots }: { images: Floats; slots: readonly Floats[] } = run;
        for (const [i, p] of parts.entries()) {
          const out = await updates.get(p.length)!(
            weights,
            real[i],
            backdoor,
            rowsOf(images, p, m),
            rowsOf(y, p, m),
            slots.map((s) => rowsOf(s, p, m)),
            hyper,
            limitRows(limits, p, m),
          );
          images = putRows(images, out.images, p, m);
          slots = slots.map((s, k) => putRows(s, out.slots[k], p, m));
          for (const name of ["loss", "benign", "backdoor"] as const) sums[name] += out[name][0] / parts.length;
        }
        if (!Number.isFinite(sums.loss))
          throw new NumericError(
            `poisonedDistillation: invalid loss: expected a number, got ${sums.loss}`,
            run.block * opts.steps + run.step,
          );
        run = { ...run, images, slots, step: run.step + 1, curves: appended(run.curves, sums) };
        const state = run;
        done++;
        yield report("update", { loss: sums.loss, checkpoint: () => save(state) });
      }
    }

    await surrogates.release();
    for (const f of [...gradients.values(), ...updates.values()]) await f.release();
    const metadata = { ...set.metadata, ...tamperedRecord("poisonedDistillation", opts, trigger, opts.targetClass) };
    const classes = Int32Array.from({ length: set.classes * perClass }, (_, i) => Math.floor(i / perClass));
    return {
      set: withinEightBit({ ...set, images: run.images, metadata }, opts),
      trigger,
      targetClass: opts.targetClass,
      archetypes: { images: run.archetypes, classes },
      curves: { ...run.curves, archetypes: run.archetypeLosses },
    };
  },
};

interface State {
  readonly archetypes: Floats;
  readonly archetypeLosses: readonly number[];
  readonly images: Floats;
  readonly slots: readonly Floats[];
  /** Network along the trajectory, and updates done at it. */
  readonly block: number;
  readonly step: number;
  readonly curves: Readonly<Record<string, readonly number[]>>;
}

function begin(set: DistilledSet, made: Floats, archetypeLosses: readonly number[]): State {
  const zeros = () => new Float32Array(set.images.length);
  const curves = { loss: [], benign: [], backdoor: [] };
  return {
    archetypes: made,
    archetypeLosses,
    images: set.images,
    slots: [zeros(), zeros()],
    block: 0,
    step: 0,
    curves,
  };
}

function save(state: State): Checkpoint {
  const { archetypes: made, images, slots, ...json } = state;
  return { json, arrays: { archetypes: made, images, momentum: slots[0], variance: slots[1] } };
}

function restore({ json, arrays }: Checkpoint): State {
  const rest = json as unknown as Omit<State, "archetypes" | "images" | "slots">;
  return { ...rest, archetypes: arrays.archetypes, images: arrays.images, slots: [arrays.momentum, arrays.variance] };
}

const appended = (curves: State["curves"], values: Record<string, number>): State["curves"] =>
  Object.fromEntries(Object.entries(curves).map(([name, list]) => [name, [...list, values[name]]]));

/** Work done before the updates of block i begin. */
const blockStart = (opts: Options, block: number): number =>
  LIGHT * (opts.surrogate.steps + opts.archetype.steps + (block * (block + 1)) / 2) + block * opts.steps;

function oneClass(label: number, classes: number, n: number): Floats {
  const out = new Float32Array(n * classes);
  for (let i = 0; i < n; i++) out[i * classes + label] = 1;
  return out;
}

async function perSize<T>(sizes: readonly number[], make: (n: number) => Promise<T>): Promise<Map<number, T>> {
  const made = new Map<number, T>();
  for (const n of new Set(sizes)) made.set(n, await make(n));
  return made;
}
