import * as z from "zod";
import { CompiledOnce } from "../../core/CompiledOnce.ts";
import { Scope } from "../../core/closable.ts";
import { within } from "../../core/drive.ts";
import { NumericError } from "../../core/errors.ts";
import { child } from "../../core/random.ts";
import { triggerOf } from "../../data/triggerShapes.ts";
import { targetsOf } from "../../train/targets.ts";
import { putRows, takeRows } from "../../train/train.ts";
import { type Attack, reporter, tamperedRecord } from "../Attack.ts";
import {
  budgetOptions,
  checkBudget,
  imageOptimiser,
  inside,
  limitRows,
  limitsOf,
  withinEightBit,
} from "../common/budget.ts";
import { carrierOptions, carriers, drawRows } from "../common/carriers.ts";
import { checkEffect } from "../common/effect.ts";
import { appended, beginLearnt, type LearntState, restore, save } from "../common/learntState.ts";
import { learntTriggerOptions, learntTriggerReadWhen, projectPattern, withPattern } from "../common/learntTrigger.ts";
import { partition, rowsOf } from "../common/miniBatches.ts";
import { type Grow, Pool } from "../common/pool.ts";
import { carryingImages, stampOptions, stampSome } from "../common/stamp.ts";
import { poolSurrogateOptions, surrogatesOf } from "../common/surrogate.ts";
import { teach, teacherOptions } from "../common/teachers.ts";
import { ridgeHeadSpace } from "./ridgeHeadSpace.ts";
import { compileRidgeStep } from "./ridgeStep.ts";

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
  stamp: stampOptions.extend({ share: stampOptions.shape.share.default(0) }).prefault({}),
  carrier: carrierOptions.prefault({}),
  teacher: teacherOptions.prefault({}),
  pool: z
    .strictObject({
      size: z.int().min(1).default(16).describe("networks trained on the set while it changes"),
      maxPasses: z.int().min(1).default(100).describe("passes over the set after which a network begins anew"),
      passes: z.int().min(1).default(4).describe("passes after each update"),
    })
    .prefault({}),
  surrogate: poolSurrogateOptions.prefault({}),
});

type Options = z.infer<typeof options>;

/** How much longer than an update a teacher's pass, a carrier and a pass of the pool take; for the ETA only. Measured. */
const SHARES = { pass: 0.1, carrier: 0.005 };

/**
 * The ridge-head form of the attack (docs/method.md, §8): networks trained online on X′ lend their features, a head fitted to X′ in closed
 * form is judged on carriers without and with the trigger, and X′ and the trigger's pattern follow the gradient.
 */
export const ridgeHead: Attack<typeof options> = {
  title: "Ridge-head backdoor",
  source: "docs/method.md, §8, after arXiv 2206.00719",
  access: "distilled-set",
  options,
  readWhen: [
    ...learntTriggerReadWhen,
    { option: "stamp.strength", read: ({ stamp }) => stamp.share > 0, by: "a stamp.share above 0" },
  ],
  // Chosen: what reached most on a set with one image per class (docs/results/one-image.md).
  presets: { strong: { margin: 1.5, teacher: { passes: 100 } } },
  searchSpace: ridgeHeadSpace,
  async *run(set, opts, context) {
    checkBudget("ridgeHead", opts);
    const { key, device } = context;
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    const limits = limitsOf(set, opts);
    const carrying = carryingImages(set, opts.targetClass, opts.stamp.share, child(key, "stamp"));
    checkEffect("ridgeHead", set, {
      targetClass: opts.targetClass,
      trigger,
      learnt: opts.trigger.learn,
      stamped: inside(stampSome(trigger, set.images, trigger.pattern, opts.stamp.strength, carrying), limits),
      moves: { alpha: opts.alpha, lr: opts.lr, updates: opts.steps, limits },
    });
    const m = set.shape[0];
    await using scope = new Scope();
    const surrogates = surrogatesOf(set, opts.surrogate, opts.batch, device).map((one) => scope.hold(one));
    const work = amountOf(opts);
    const report = reporter(work.total);

    yield report("teachers", 0);
    const images = carriers(set, opts.carrier, child(key, "carriers"));
    const taught = yield* within(teach(surrogates[0], opts.teacher, images, child(key, "teachers")), (passes) =>
      report("teachers", SHARES.pass * passes),
    );
    yield report("pool", work.teachers);
    const pool = new Pool(surrogates, opts.pool.maxPasses, child(key, "pool"));
    /** The set as it is handed on: some of its images carry the trigger. */
    const shown = ({ images, pattern }: LearntState) =>
      inside(stampSome(trigger, images, pattern, opts.stamp.strength, carrying), limits);
    let run: LearntState;
    if (context.resume) run = restore(context.resume, pool);
    else {
      run = beginLearnt(
        set.images,
        opts.trigger.learn ? projectPattern(trigger.pattern, opts.trigger, set) : trigger.pattern,
      );
      const first = shown(run);
      const grow: Grow = (architecture, passes, of) => surrogates[architecture].trained(passes, of, first);
      yield* within(pool.fill(opts.pool.size, grow), (passes) => report("pool", work.teachers + SHARES.pass * passes));
    }

    const parts = partition(set, opts.batch, child(key, "parts"));
    const y = targetsOf(set);
    const { count, batch } = opts.carrier;
    const compiled = scope.hold(
      new CompiledOnce((architecture: number, images: number) => {
        const { network } = surrogates[architecture].learner;
        const stepOptions = { ...opts, strength: opts.stamp.strength };
        return compileRidgeStep(network, images, batch, trigger, limits, stepOptions, device);
      }),
    );

    while (run.step < opts.steps) {
      const j = run.step % pool.members.length;
      const { architecture, state } = pool.members[j];
      const part = parts[run.step % parts.length];
      const rows = drawRows(child(key, "batch", run.step), count, batch);
      const decay = Math.cos((Math.PI / 2) * (run.step / opts.steps));
      const hyper = (lr: number) => Float32Array.from(imageOptimiser.hyper(run.step, lr * decay));
      const step = await compiled.get(architecture, part.length);
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
        curves: appended(run.curves, { loss, benign, backdoor }),
      };
      await pool.visit(j, opts.pool.passes, shown(run));
      const now = run;
      yield report("update", work.start + run.step, { loss, checkpoint: () => save(now, pool) });
    }

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

/** Work in units of an update. */
function amountOf({ steps, teacher, carrier, pool }: Options): { teachers: number; start: number; total: number } {
  const teachers = SHARES.pass * teacher.count * teacher.passes + SHARES.carrier * carrier.count;
  const start = teachers + (SHARES.pass * pool.size * pool.maxPasses) / 2;
  return { teachers, start, total: start + steps };
}
