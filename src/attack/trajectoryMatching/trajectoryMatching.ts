import * as z from "zod";
import { Scope } from "../../core/closable.ts";
import { within } from "../../core/drive.ts";
import { NumericError, UsageError } from "../../core/errors.ts";
import { child } from "../../core/random.ts";
import { triggerOf } from "../../data/triggerShapes.ts";
import { targetsOf } from "../../train/targets.ts";
import { type Attack, reporter, tamperedRecord } from "../Attack.ts";
import {
  budgetOptions,
  checkBudget,
  compileMove,
  imageOptimiser,
  limitRows,
  limitsOf,
  withinEightBit,
} from "../common/budget.ts";
import { carrierOptions, carriers } from "../common/carriers.ts";
import { checkEffect } from "../common/effect.ts";
import { appended, beginLearnt, type LearntState, restore, save } from "../common/learntState.ts";
import { learntTriggerOptions, learntTriggerReadWhen, projectPattern, withPattern } from "../common/learntTrigger.ts";
import { partition } from "../common/miniBatches.ts";
import { type Grow, Pool } from "../common/pool.ts";
import { poolSurrogateOptions, surrogatesOf } from "../common/surrogate.ts";
import { teach, teacherOptions } from "../common/teachers.ts";
import { carrierGoal, type Lesson } from "./carrierGoal.ts";
import { parameterGoal } from "./parameterGoal.ts";
import { Unrolled } from "./unrolled.ts";

const who = "trajectoryMatching";

const options = z.strictObject({
  trigger: learntTriggerOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  objective: z
    .enum(["carriers", "parameters"])
    .default("carriers")
    .describe("carriers: what networks trained on X′ say of carriers; parameters: where a backdoored network's are"),
  alpha: z.number().min(0).max(1).default(0.5).describe("weight of the triggered carriers; the others have the rest"),
  unroll: z.int().min(1).default(10).describe("steps of training on X′ that are differentiated"),
  steps: z.int().min(1).default(500).describe("updates of the set"),
  lr: z.number().positive().default(0.03).describe("Adam learning rate of the images; falls as a quarter cosine"),
  batch: z.int().min(1).default(256).describe("images a training step; larger sets take turns part by part"),
  ...budgetOptions,
  carrier: carrierOptions.prefault({}),
  teacher: teacherOptions.prefault({}),
  reference: z
    .strictObject({
      weight: z.number().positive().default(1).describe("weight of the carriers beside the set"),
      ahead: z.int().min(1).default(10).describe("steps of the backdoored network that those on X′ shall match"),
    })
    .prefault({}),
  pool: z
    .strictObject({
      size: z.int().min(1).default(6).describe("networks that take turns"),
      maxPasses: z.int().min(1).default(100).describe("passes over the set after which a network begins anew"),
    })
    .prefault({}),
  surrogate: poolSurrogateOptions.prefault({}),
});

type Options = z.infer<typeof options>;

/**
 * Match training itself: X′ follows the derivative, through K steps of SGD, of where those steps lead. What a network shall be
 * like is judged on carriers without and with the trigger, or by the parameters of a network that was trained with them.
 */
export const trajectoryMatching: Attack<typeof options> = {
  title: "Trajectory-matching backdoor",
  source: "after arXiv 2203.11932 and 2311.07025",
  access: "distilled-set",
  options,
  readWhen: [
    ...learntTriggerReadWhen,
    { option: "reference", read: ({ objective }) => objective === "parameters", by: "the objective parameters" },
  ],
  async *run(set, opts, context) {
    checkBudget(who, opts);
    checkObjective(opts);
    const { key, device } = context;
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    const limits = limitsOf(set, opts);
    checkEffect(who, set, {
      targetClass: opts.targetClass,
      trigger,
      learnt: opts.trigger.learn,
      moves: { alpha: opts.alpha, lr: opts.lr, updates: opts.steps, limits },
    });
    await using scope = new Scope();
    const surrogates = surrogatesOf(set, opts.surrogate, opts.batch, device).map((one) => scope.hold(one));
    const parts = partition(set, opts.batch, child(key, "parts"));
    const labels = targetsOf(set);
    const unrolled = surrogates.map(({ learner }) =>
      scope.hold(new Unrolled(learner, parts, labels, opts.surrogate, device)),
    );
    const work = amountOf(opts, parts.length);
    const report = reporter(work.total);

    yield report("teachers", 0);
    const images = carriers(set, opts.carrier, child(key, "carriers"));
    const taught = yield* within(teach(surrogates[0], opts.teacher, images, child(key, "teachers")), (passes) =>
      report("teachers", work.pass * passes),
    );
    const { alpha, targetClass } = opts;
    const lesson: Lesson = { ...opts.carrier, carriers: images, taught, trigger, targetClass, alpha };
    const onTheSet: Grow = async (architecture, passes, of) => {
      const from = surrogates[architecture].fresh(of);
      return (await unrolled[architecture].forward(from, set.images, passes * parts.length)).state;
    };
    const networks = surrogates.map(({ learner }) => learner.network);
    const goal =
      opts.objective === "carriers"
        ? carrierGoal(networks, onTheSet, lesson, device)
        : parameterGoal(surrogates, { images: set.images, labels, parts }, lesson, {
            ...opts.reference,
            lr: opts.surrogate.lr,
          });
    scope.hold(goal);

    yield report("pool", work.teachers);
    const pool = new Pool(surrogates, opts.pool.maxPasses, child(key, "pool"));
    const project = (pattern: LearntState["pattern"]) =>
      opts.trigger.learn ? projectPattern(pattern, opts.trigger, set) : pattern;
    let run: LearntState;
    if (context.resume) run = restore(context.resume, pool);
    else {
      yield* within(pool.fill(opts.pool.size, goal.grow), (passes) =>
        report("pool", work.teachers + work.pass * passes),
      );
      run = beginLearnt(set.images, project(trigger.pattern));
    }

    const m = set.shape[0];
    const everyRow = Int32Array.from({ length: m }, (_, i) => i);
    const move = scope.hold(await compileMove(set.shape, limits, opts, device));
    while (run.step < opts.steps) {
      const j = run.step % pool.members.length;
      const { architecture, state: from } = pool.members[j];
      const decay = Math.cos((Math.PI / 2) * (run.step / opts.steps));
      const hyper = (lr: number) => Float32Array.from(imageOptimiser.hyper(run.step, lr * decay));
      const { state: reached, path } = await unrolled[architecture].forward(from, run.images, opts.unroll);
      const verdict = await goal.judge({
        architecture,
        from,
        reached,
        pattern: { values: run.pattern, slots: run.patternSlots },
        hyper: hyper(opts.trigger.learn ? opts.trigger.lr : 0),
        key: child(key, "batch", run.step),
      });
      const { loss } = verdict.losses;
      if (!Number.isFinite(loss))
        throw new NumericError(`${who}: invalid loss: expected a number, got ${loss}`, run.step);
      const gradient = await unrolled[architecture].backward(path, run.images, verdict.gradient);
      const moved = await move(run.images, gradient, run.imageSlots, hyper(opts.lr), limitRows(limits, everyRow, m));
      pool.settle(j, verdict.next);
      run = {
        step: run.step + 1,
        images: moved.images,
        imageSlots: moved.slots,
        pattern: project(verdict.pattern.values),
        patternSlots: verdict.pattern.slots,
        curves: appended(run.curves, verdict.losses),
      };
      const now = run;
      yield report("update", work.start + run.step, { loss, checkpoint: () => save(now, pool) });
    }

    const found = opts.trigger.learn ? withPattern(trigger, run.pattern, set) : trigger;
    const metadata = { ...set.metadata, ...tamperedRecord(who, opts, found, targetClass) };
    return {
      set: withinEightBit({ ...set, images: run.images, metadata }, opts),
      trigger: found,
      targetClass,
      curves: run.curves,
    };
  },
};

/** @throws UsageError for a trigger that the objective cannot learn. */
function checkObjective(opts: Options): void {
  if (opts.objective === "parameters" && opts.trigger.learn)
    throw new UsageError(
      `${who}: invalid trigger.learn: expected false with the objective parameters, got true; the reference is trained on one trigger`,
    );
}

/** Work in units of an update; for the ETA only. Chosen: the way back through a step counts as three steps. */
function amountOf(opts: Options, parts: number): Record<"pass" | "teachers" | "start" | "total", number> {
  const { teacher, pool, unroll, reference, objective, steps } = opts;
  const pass = parts / (4 * unroll + (objective === "parameters" ? reference.ahead : 0));
  const teachers = pass * teacher.count * teacher.passes;
  const start = teachers + (pass * pool.size * pool.maxPasses) / 2;
  return { pass, teachers, start, total: start + steps };
}
