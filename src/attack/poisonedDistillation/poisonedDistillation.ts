import { CompiledOnce } from "../../core/CompiledOnce.ts";
import { Scope } from "../../core/closable.ts";
import { NumericError, UsageError } from "../../core/errors.ts";
import { mapInSeries } from "../../core/mapInSeries.ts";
import { child } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { triggerOf } from "../../data/triggerShapes.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import { targetsOf } from "../../train/targets.ts";
import { putRows } from "../../train/train.ts";
import { type Attack, type AttackProgress, tamperedRecord } from "../Attack.ts";
import { archetypeClasses, archetypes } from "../common/archetypes/archetypes.ts";
import { backdoorSet } from "../common/backdoorSet.ts";
import { checkBudget, imageOptimiser, limitRows, limitsOf, withinEightBit } from "../common/budget.ts";
import { checkEffect } from "../common/effect.ts";
import { appended } from "../common/learntState.ts";
import { partition, rowsOf } from "../common/miniBatches.ts";
import { compileGradient, compileUpdate } from "./hybridLoss.ts";
import { beginMatching, type MatchingState, nextRound, restore, save } from "./matchingState.ts";
import { checkOptions, type Options, options, readWhen, surrogatesOf } from "./poisonedDistillationOptions.ts";
import { presets } from "./poisonedDistillationPresets.ts";
import { alphaOf, heldSuccess, isOver } from "./rounds.ts";

const who = "poisonedDistillation";

/** Share of a set update's time that one step of training or reconstruction takes; for the ETA only. Measured. */
const LIGHT = 0.35;

/**
 * The attack of arXiv 2502.04229 with the defaults of its released program (docs/method.md, §2): reconstruct archetypes from a
 * surrogate, stamp and relabel them, and move the set so that its gradients along the benign trajectory point both where
 * the clean set's and where the backdoor set's point. Labels and size stay.
 *
 * Differs: gradients that are constant at one network are computed once there. `Chosen:` one Adam state for the whole
 * trajectory; with `rounds` the trajectory over again, until networks of its own answer (rounds.ts); sets larger than `batch` are
 * cut into fixed parts, each updated once a step.
 */
export const poisonedDistillation: Attack<typeof options> = {
  title: "Poisoned distillation",
  source: "arXiv 2502.04229",
  access: "distilled-set",
  options,
  readWhen,
  presets,
  async *run(set, opts, context) {
    if (set.shape[2] !== set.shape[3])
      throw new UsageError(`${who}: invalid images: expected square ones, got ${set.shape[2]}×${set.shape[3]}`);
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(context.key, "trigger"));
    checkBudget(who, opts);
    const limits = limitsOf(set, opts);
    checkEffect(who, set, {
      targetClass: opts.targetClass,
      trigger,
      moves: { alpha: opts.alpha, lr: opts.lr, updates: opts.trajectory * opts.steps, limits },
    });
    const { key, device } = context;
    await using scope = new Scope();
    const surrogates = surrogatesOf(set, opts, device).map((one) => scope.hold(one));
    checkOptions(who, opts, surrogates);
    const { surrogate, archetype } = opts;
    const total = preparation(opts) + (opts.rounds?.most ?? 1) * roundWork(opts);
    let done = preparation(opts);
    const report = (phase: string, more: Partial<AttackProgress> = {}): AttackProgress => ({
      phase,
      done: Math.min(done, total),
      total,
      ...more,
    });

    let run: MatchingState;
    if (context.resume) run = restore(context.resume);
    else if (usesArchetypes(opts)) {
      yield { ...report("surrogate"), done: 0 };
      const trained = await mapInSeries(Array.from({ length: archetype.networks }), async (_, i) => {
        const one = surrogates[i % surrogates.length];
        const of = child(key, "surrogate");
        return { network: one.learner.network, state: await one.trained(surrogate.steps, i === 0 ? of : child(of, i)) };
      });
      yield { ...report("archetypes"), done: LIGHT * surrogate.steps * archetype.networks };
      const made = await archetypes(trained, set, archetype, child(key, "archetypes"), device);
      run = beginMatching(set, made.images, made.losses);
    } else run = beginMatching(set, new Float32Array(0), []);

    const backdoorAt = backdoorSet(set, run.archetypes, opts.carrier, trigger, child(key, "carriers"));
    const networks = surrogates.map(({ learner }) => learner.network);
    const gradients = scope.hold(new CompiledOnce((a: number, n: number) => compileGradient(networks[a], n, device)));
    const updates = scope.hold(
      new CompiledOnce((a: number, n: number) => compileUpdate(networks[a], n, opts, limits, device)),
    );
    const gradientOf = async (a: number, weights: Tree<Floats>, x: Floats, y: Floats) =>
      (await gradients.get(a, y.length / set.classes))(weights, x, y);
    const parts = partition(set, opts.batch, child(key, "parts"));
    const y = targetsOf(set);
    const m = set.shape[0];

    /** Once along the trajectory. */
    async function* follow(from: MatchingState, alpha: number): AsyncGenerator<AttackProgress, MatchingState> {
      let run = from;
      const round = run.rounds.length;
      for (; run.block < opts.trajectory; run = { ...run, block: run.block + 1, step: 0, blockImages: run.images }) {
        const a = run.block % surrogates.length;
        const seen = opts.onPolicy ? run.blockImages : set.images;
        const nth = round * opts.trajectory + run.block;
        const { weights } = await surrogates[a].trained(run.block * opts.stride, child(key, "trajectory", nth), seen);
        done = preparation(opts) + round * roundWork(opts) + blockStart(opts, run.block) + run.step;
        const real = await mapInSeries(parts, (p) => gradientOf(a, weights, rowsOf(set.images, p, m), rowsOf(y, p, m)));
        const updateTo = (backdoor: Tree<Floats>) =>
          mapInSeries(parts, async (p, i) => {
            const update = await updates.get(a, p.length);
            const given = [rowsOf(y, p, m), limitRows(limits, p, m)] as const;
            return update.hold(weights, real[i], backdoor, Float32Array.of(alpha), ...given);
          });
        let update: Awaited<ReturnType<typeof updateTo>> | undefined;
        while (run.step < opts.steps) {
          if (!update || opts.carrier.fresh === "step") {
            const x = backdoorAt(nth, run.step);
            update = await updateTo(await gradientOf(a, weights, x, called(set, opts.targetClass, x)));
          }
          const hyper = hyperAt(run.block * opts.steps + run.step, opts);
          const sums = { loss: 0, benign: 0, backdoor: 0 };
          let { images, slots }: { images: Floats; slots: readonly Floats[] } = run;
          for (const [i, p] of parts.entries()) {
            const own = slots.map((s) => rowsOf(s, p, m));
            const out = await update[i](rowsOf(images, p, m), own, hyper);
            images = putRows(images, out.images, p, m);
            slots = slots.map((s, k) => putRows(s, out.slots[k], p, m));
            for (const name of ["loss", "benign", "backdoor"] as const) sums[name] += out[name][0] / parts.length;
          }
          if (!Number.isFinite(sums.loss))
            throw new NumericError(
              `${who}: invalid loss: expected a number, got ${sums.loss}`,
              nth * opts.steps + run.step,
            );
          run = { ...run, images, slots, step: run.step + 1, curves: appended(run.curves, sums) };
          const state = run;
          done++;
          yield report("update", { loss: sums.loss, checkpoint: () => save(state) });
        }
      }
      return run;
    }

    if (opts.rounds === undefined) run = yield* follow(run, opts.alpha);
    else
      while (!isOver(run.rounds, opts.rounds)) {
        const nth = run.rounds.length;
        const alpha = alphaOf(nth, opts.alpha, opts.rounds);
        run = yield* follow(run, alpha);
        const asked = child(key, "asked", nth);
        const last = nth + 1 === opts.rounds.most;
        const told = await heldSuccess(
          surrogates,
          set,
          run.images,
          trigger,
          opts.targetClass,
          opts.rounds,
          asked,
          last,
        );
        run = nextRound(run, { alpha, ...told });
        const state = run;
        yield report("asked", { checkpoint: () => save(state) });
      }
    const rounds = opts.rounds ? { rounds: run.rounds } : {};

    const metadata = { ...set.metadata, ...tamperedRecord(who, opts, trigger, opts.targetClass), ...rounds };
    const result = {
      set: withinEightBit({ ...set, images: run.images, metadata }, opts),
      trigger,
      targetClass: opts.targetClass,
    };
    if (!usesArchetypes(opts)) return { ...result, curves: run.curves };
    return {
      ...result,
      archetypes: { images: run.archetypes, classes: archetypeClasses(set.classes, archetype.perClass) },
      curves: { ...run.curves, archetypes: run.archetypeLosses },
    };
  },
};

const usesArchetypes = ({ carrier }: Options): boolean => carrier.sources.includes("archetypes");

/** Work done before the trajectory begins. */
const preparation = (opts: Options): number =>
  usesArchetypes(opts) ? LIGHT * (opts.surrogate.steps * opts.archetype.networks + opts.archetype.steps) : 0;

/** Work of a round before the updates of block i begin. */
const blockStart = (opts: Options, block: number): number =>
  (LIGHT * opts.stride * (block * (block + 1))) / 2 + block * opts.steps;

/** Work of one time along the trajectory, and of asking what it did. */
const roundWork = (opts: Options): number => {
  const { networks, passes } = opts.rounds ?? { networks: 0, passes: 0 };
  return blockStart(opts, opts.trajectory - 1) + opts.steps + LIGHT * networks * passes;
};

/** Adam's numbers for an update of the images. */
function hyperAt(update: number, { lr, decay, trajectory, steps }: Options): Floats {
  const share = decay ? Math.cos((Math.PI / 2) * (update / (trajectory * steps))) : 1;
  return Float32Array.from(imageOptimiser.hyper(update, lr * share));
}

/** One-hot labels of the target for images of a set's shape. */
function called({ shape: [, c, h, w], classes }: DistilledSet, target: number, images: Floats): Floats {
  const out = new Float32Array((images.length / (c * h * w)) * classes);
  for (let i = target; i < out.length; i += classes) out[i] = 1;
  return out;
}
