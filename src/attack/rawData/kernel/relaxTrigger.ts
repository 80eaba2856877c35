import type { Checkpoint } from "../../../core/checkpoint.ts";
import { child } from "../../../core/random.ts";
import { fromPixels, renormalise, toPixels } from "../../../data/normalise.ts";
import { standardSpace } from "../../../data/standardSpace.ts";
import { type Attack, reporter, tamperedRecord } from "../../Attack.ts";
import { checkEffect } from "../../common/effect.ts";
import { withPattern } from "../../common/learntTrigger.ts";
import { distilPoisoned } from "../distilPoisoned.ts";
import { levels } from "../levels.ts";
import { inPixels, poisonRaw, rawAccessOf } from "../poisonRaw.ts";
import { relaxOptions } from "./relaxOptions.ts";
import { beginRelaxed, type Relaxed } from "./relaxSteps.ts";
import { veil, veilReadWhen } from "./veil.ts";

/**
 * The relax trigger of kernel distillation: before distilling, what the trigger shows is moved until as little as possible of the
 * backdoor is lost in a distilled set by kernel ridge regression; then as with the simple trigger (arXiv 2311.16646, §4.2).
 *
 * Differs: the kernel of finite networks of the clean set (compileRelaxation.ts), any method of distilling, the trigger in levels of 8 bits, stamped
 * images in place of their originals, none of the target.
 */
export const relaxTrigger: Attack<typeof relaxOptions> = {
  title: "Relax trigger of kernel distillation (raw data veiled with a trigger that a set can hold)",
  source: "arXiv 2311.16646",
  access: "raw-data",
  options: relaxOptions,
  // Chosen: a tenth of the steps, two networks.
  presets: { quick: { steps: 100, trigger: { lr: 0.2 }, kernel: { count: 2 } } },
  readWhen: veilReadWhen,
  async *run(set, opts, context) {
    const { key, device, resume } = context;
    const raw = rawAccessOf("relaxTrigger", context, set);
    const white = veil(opts.trigger, set);
    checkEffect("relaxTrigger", set, { targetClass: opts.targetClass, trigger: white, learnt: true });
    const poisoned = poisonRaw(raw.set, opts.targetClass, opts.share, child(key, "rows"), "relaxTrigger");
    const space = standardSpace(set);
    const one = [1, ...set.shape.slice(1)] as unknown as typeof set.shape;
    // As much to do in finding the trigger as in distilling, for the bar.
    const report = reporter(2 * opts.steps);
    let state = resume
      ? restore(resume)
      : beginRelaxed(fromPixels(toPixels(white.pattern, one, set.normalisation), one, space));
    yield report("trigger", state.step);
    if (state.step < opts.steps) {
      const { relaxSteps } = await loadSteps();
      const pictured = renormalise(set, space);
      const more = [white, space, opts, state, child(key, "relax"), device] as const;
      for await (const next of relaxSteps(pictured, raw.set, poisoned.rows, ...more)) {
        state = next;
        const loss = opts.conflict * next.conflict[next.step - 1] + next.projection[next.step - 1];
        yield report("trigger", next.step, { loss, checkpoint: () => save(next) });
      }
    }
    const pattern = fromPixels(levels(state.pattern, one, space), one, set.normalisation);
    const trigger = withPattern(white, pattern, set);
    poisoned.stamp(inPixels(trigger, set));
    const rest = resume?.json.distillation === undefined ? undefined : resume;
    const { set: tampered, losses } = yield* distilPoisoned("relaxTrigger", raw, poisoned.set, rest, {
      save: () => save(state),
      place: (done, total) => ({ done: opts.steps + (opts.steps * done) / total, total: 2 * opts.steps }),
    });
    const metadata = { ...tampered.metadata, ...tamperedRecord("relaxTrigger", opts, trigger, opts.targetClass) };
    const curves = { conflict: state.conflict, projection: state.projection, distillation: losses };
    return { set: { ...tampered, metadata }, trigger, targetClass: opts.targetClass, curves };
  },
};

/** Arrays of the trigger in a checkpoint, beside those of the distillation. */
const names = ["relax.pattern", "relax.m", "relax.v"] as const;

function save({ step, pattern, slots, conflict, projection }: Relaxed): Checkpoint {
  const arrays = Object.fromEntries([pattern, ...slots].map((array, i) => [names[i], array]));
  return { json: { relaxed: { step, conflict, projection } }, arrays };
}

function restore({ json, arrays }: Checkpoint): Relaxed {
  const [pattern, ...slots] = names.map((name) => arrays[name]);
  return { ...(json.relaxed as Pick<Relaxed, "step" | "conflict" | "projection">), pattern, slots };
}

/** Loaded when work begins. */
const loadSteps = () => import("./relaxSteps.ts");
