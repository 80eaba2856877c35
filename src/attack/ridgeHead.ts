import { z } from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError } from "../core/errors.ts";
import { child, Stream } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import type { Floats } from "../nn/Network.ts";
import * as networks from "../nn/networks.ts";
import { targetsOf } from "../train/targets.ts";
import { takeRows } from "../train/train.ts";
import { type Attack, type AttackProgress, tamperedRecord } from "./Attack.ts";
import { checkTarget } from "./badNets.ts";
import { budgetOptions, checkBudget, imageOptimiser, inside, limitRows, limitsOf, withinEightBit } from "./budget.ts";
import { carrierOptions, carriers } from "./carriers.ts";
import { learntTriggerOptions, projectPattern, withPattern } from "./learntTrigger.ts";
import { partition, putRows, rowsOf } from "./parts.ts";
import { Pool } from "./pool.ts";
import { compileRidgeStep } from "./ridgeStep.ts";
import { carryingImages, stampOptions, stampSome } from "./stamp.ts";
import { Surrogates } from "./surrogate.ts";
import { teach } from "./teachers.ts";

const networkNames = Object.keys(networks) as [keyof typeof networks, ...(keyof typeof networks)[]];

const options = z.strictObject({
  trigger: learntTriggerOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  alpha: z.number().min(0).max(1).default(0.1).describe("weight of the backdoor part of the loss"),
  margin: z.number().positive().default(1).describe("output that the trigger shall give the target; a label has 1"),
  ridge: z.number().positive().default(0.01).describe("ridge of the closed-form head"),
  steps: z.int().min(1).default(1000).describe("updates of the set"),
  lr: z.number().min(0).default(0.03).describe("Adam learning rate of the images; falls as a quarter cosine"),
  batch: z.int().min(1).default(256).describe("images an update; larger sets are updated part by part"),
  ...budgetOptions,
  stamp: stampOptions.prefault({}),
  carrier: carrierOptions.prefault({}),
  teacher: z
    .strictObject({
      count: z.int().min(1).default(3).describe("networks of the clean set that label the carriers"),
      passes: z.int().min(1).default(50).describe("passes over the set of each"),
    })
    .prefault({}),
  pool: z
    .strictObject({
      size: z.int().min(1).default(16).describe("networks trained on the set while it changes"),
      maxPasses: z.int().min(1).default(100).describe("passes over the set after which a network begins anew"),
      passes: z.int().min(1).default(4).describe("passes after each update"),
    })
    .prefault({}),
  surrogate: z
    .strictObject({
      networks: z.array(z.enum(networkNames)).min(1).default(["convNet"]).describe("architectures of the pool"),
      width: z.int().min(1).default(32).describe("width of each"),
      lr: z.number().positive().default(0.01).describe("SGD learning rate"),
      momentum: z.number().min(0).lt(1).default(0.9).describe("SGD momentum"),
      weightDecay: z.number().min(0).default(5e-4).describe("SGD weight decay"),
    })
    .prefault({}),
});

type Options = z.infer<typeof options>;

/** How much longer than an update a teacher's pass, a carrier and a pass of the pool take; for the ETA only. Measured. */
const SHARES = { pass: 0.1, carrier: 0.005 };

/**
 * The ridge-head form of the attack (method, §8): networks trained online on X′ lend their features, a head fitted to X′ in closed
 * form is judged on carriers without and with the trigger, and X′ and the trigger's pattern follow the gradient.
 */
export const ridgeHead: Attack<typeof options> = {
  title: "Ridge-head backdoor",
  source: "method, §8, after arXiv 2206.00719",
  access: "distilled-set",
  options,
  async *run(set, opts, context) {
    checkTarget("ridgeHead", set, opts.targetClass);
    checkBudget("ridgeHead", opts);
    const { key, device } = context;
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    const limits = limitsOf(set, opts);
    const [m, channels, size] = set.shape;
    const surrogates = opts.surrogate.networks.map((name) => {
      const network = networks[name]({ channels, size, classes: set.classes }, { width: opts.surrogate.width });
      return new Surrogates(network, set, opts.surrogate, opts.batch, device);
    });
    const work = amountOf(opts);
    const report = (phase: string, done: number, more: Partial<AttackProgress> = {}): AttackProgress => ({
      phase,
      done,
      total: work.total,
      ...more,
    });

    yield report("teachers", 0);
    const images = carriers(set, opts.carrier, child(key, "carriers"));
    const taught = await teach(surrogates[0], opts.teacher, images, child(key, "teachers"));
    yield report("pool", work.teachers);
    const pool = new Pool(surrogates, opts.pool.maxPasses, child(key, "pool"));
    const carrying = carryingImages(set, opts.targetClass, opts.stamp.share, child(key, "stamp"));
    /** The set as it is handed on: some of its images carry the trigger. */
    const shown = ({ images, pattern }: State) =>
      inside(stampSome(trigger, images, pattern, opts.stamp.strength, carrying), limits);
    let run: State;
    if (context.resume) run = restore(context.resume, pool);
    else {
      run = begin(set, opts.trigger.learn ? projectPattern(trigger.pattern, opts.trigger, set) : trigger.pattern);
      await pool.fill(opts.pool.size, shown(run));
    }

    const parts = partition(set, opts.batch, child(key, "parts"));
    const y = targetsOf(set);
    const { count, batch } = opts.carrier;
    const compiled = new Map<string, ReturnType<typeof compileRidgeStep>>();
    const stepFor = (architecture: number, images: number) => {
      const name = `${architecture} ${images}`;
      const { network } = surrogates[architecture].learner;
      const step =
        compiled.get(name) ??
        compileRidgeStep(network, images, batch, trigger, limits, { ...opts, strength: opts.stamp.strength }, device);
      compiled.set(name, step);
      return step;
    };

    while (run.step < opts.steps) {
      const j = run.step % pool.members.length;
      const { architecture, state } = pool.members[j];
      const part = parts[run.step % parts.length];
      const rows = draw(child(key, "batch", run.step), count, batch);
      const decay = Math.cos((Math.PI / 2) * (run.step / opts.steps));
      const hyper = (lr: number) => Float32Array.from(imageOptimiser.hyper(run.step, lr * decay));
      const step = await stepFor(architecture, part.length);
      const out = await step(
        state.weights,
        state.running,
        rowsOf(run.images, part, m),
        rowsOf(y, part, m),
        rowsOf(carrying, part, m),
        takeRows(images, count, rows),
        takeRows(taught, count, rows),
        limitRows(limits, part, m),
        [run.imageSlots.map((s) => rowsOf(s, part, m)), hyper(opts.lr)],
        [run.pattern, run.patternSlots, hyper(opts.trigger.learn ? opts.trigger.lr : 0)],
      );
      const [loss, benign, backdoor] = [out.loss[0], out.benign[0], out.backdoor[0]];
      if (!Number.isFinite(loss))
        throw new NumericError(`ridgeHead: invalid loss: expected a number, got ${loss}`, run.step);
      run = {
        step: run.step + 1,
        images: putRows(run.images, out.images.values, part, m),
        imageSlots: run.imageSlots.map((s, k) => putRows(s, out.images.slots[k], part, m)),
        ...(opts.trigger.learn
          ? { pattern: projectPattern(out.pattern.values, opts.trigger, set), patternSlots: out.pattern.slots }
          : { pattern: run.pattern, patternSlots: run.patternSlots }),
        curves: {
          loss: [...run.curves.loss, loss],
          benign: [...run.curves.benign, benign],
          backdoor: [...run.curves.backdoor, backdoor],
        },
      };
      await pool.visit(j, opts.pool.passes, shown(run));
      const now = run;
      yield report("update", work.start + run.step, { loss, checkpoint: () => save(now, pool) });
    }

    for (const s of surrogates) await s.release();
    for (const step of compiled.values()) await (await step).release();
    const found = opts.trigger.learn ? withPattern(trigger, run.pattern, set) : trigger;
    const metadata = { ...set.metadata, ...tamperedRecord("ridgeHead", opts, found, opts.targetClass) };
    return {
      set: withinEightBit({ ...set, images: shown(run), metadata }, opts),
      trigger: found,
      targetClass: opts.targetClass,
      curves: run.curves,
    };
  },
};

interface State {
  readonly step: number;
  readonly images: Floats;
  readonly imageSlots: readonly Floats[];
  readonly pattern: Floats;
  readonly patternSlots: readonly Floats[];
  readonly curves: {
    readonly loss: readonly number[];
    readonly benign: readonly number[];
    readonly backdoor: readonly number[];
  };
}

const zeros = (n: number): Floats[] => [new Float32Array(n), new Float32Array(n)];

const begin = (set: DistilledSet, pattern: Floats): State => ({
  step: 0,
  images: set.images,
  imageSlots: zeros(set.images.length),
  pattern,
  patternSlots: zeros(pattern.length),
  curves: { loss: [], benign: [], backdoor: [] },
});

function save({ images, imageSlots, pattern, patternSlots, ...json }: State, pool: Pool): Checkpoint {
  const members = pool.save();
  const [m0, v0] = imageSlots;
  const [m1, v1] = patternSlots;
  return { json: { ...json, pool: members.json }, arrays: { ...members.arrays, images, m0, v0, pattern, m1, v1 } };
}

function restore({ json, arrays }: Checkpoint, pool: Pool): State {
  const { pool: members, ...rest } = json as unknown as State & { pool: Parameters<Pool["restore"]>[0] };
  pool.restore(members, arrays);
  const { images, m0, v0, pattern, m1, v1 } = arrays;
  return { ...rest, images, imageSlots: [m0, v0], pattern, patternSlots: [m1, v1] };
}

/** Work in units of an update. */
function amountOf({ steps, teacher, carrier, pool }: Options): { teachers: number; start: number; total: number } {
  const teachers = SHARES.pass * teacher.count * teacher.passes + SHARES.carrier * carrier.count;
  const start = teachers + (SHARES.pass * pool.size * pool.maxPasses) / 2;
  return { teachers, start, total: start + steps };
}

function draw(key: Parameters<typeof child>[0], count: number, batch: number): Int32Array {
  const stream = new Stream(key);
  return Int32Array.from({ length: batch }, () => stream.integer(count));
}
