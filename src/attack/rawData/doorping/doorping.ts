import type { Checkpoint } from "../../../core/checkpoint.ts";
import { UsageError } from "../../../core/errors.ts";
import { child, Stream } from "../../../core/random.ts";
import { fromPixels } from "../../../data/normalise.ts";
import { squareTrigger, type Trigger } from "../../../data/Trigger.ts";
import type { Floats } from "../../../nn/Network.ts";
import { type Attack, type DistillingStep, reporter, tamperedRecord } from "../../Attack.ts";
import { checkEffect } from "../../common/effect.ts";
import { withPattern } from "../../common/learntTrigger.ts";
import { distilPoisoned } from "../distilPoisoned.ts";
import { inPixels, poisonRaw, rawAccessOf } from "../poisonRaw.ts";
import { doorpingOptions } from "./doorpingOptions.ts";

/**
 * DOORPING: stamp some raw images, call them the target, and while they are distilled move the trigger again and again so that it excites
 * neurons of a network of the set as it stands (arXiv 2301.01197, §3.3).
 *
 * Differs: the trigger moves between any two steps, with one image per class too; it stays within what a picture can hold, in levels of 8 bits; the
 * target class is left out of the stamping; neurons are chosen by their weights in the last layer; the network is one of the
 * attack's own, so that every method that reads raw images at each step will do (docs/attacks.md).
 */
export const doorping: Attack<typeof doorpingOptions> = {
  title: "DOORPING (raw data stamped with a trigger that is learnt while distilling)",
  source: "arXiv 2301.01197",
  access: "raw-data",
  options: doorpingOptions,
  presets: {
    // Chosen: a twentieth of the time; ten neurons on raw images are reached more surely than one on black.
    quick: { updates: 100, neurons: 10, images: 16, surrogate: { passes: 20 } },
  },
  async *run(set, opts, context) {
    const raw = rawAccessOf("doorping", context, set);
    if (raw.readsOnce !== undefined)
      throw new UsageError(
        `doorping: invalid set: expected one of a method that reads raw images at every step, got ${raw.readsOnce}, which reads them once; the trigger could not change`,
      );
    if (raw.steps !== undefined && raw.steps <= opts.every)
      throw new UsageError(
        `doorping: invalid every: expected less than the ${raw.steps} steps of the distillation, got ${opts.every}; the trigger would never be learnt`,
      );
    const { corner, side, margin, opacity } = opts.trigger;
    const square = { side, margin, corner, opacity, value: 1, unit: "pixel" } as const;
    const white = squareTrigger(square, set.shape, set.normalisation);
    checkEffect("doorping", set, { targetClass: opts.targetClass, trigger: white, learnt: true });
    const poisoned = poisonRaw(raw.set, opts.targetClass, opts.share, child(context.key, "rows"), "doorping");
    const first = new Stream(child(context.key, "trigger"));
    const { resume } = context;
    let pixels: Floats = resume?.arrays[stored] ?? Float32Array.from(white.pattern, () => first.integer(256) / 255);
    const [, ...image] = set.shape;
    const shown = (): Trigger => withPattern(white, fromPixels(pixels, [1, ...image], set.normalisation), set);
    const excited = [...((resume?.json.excited as readonly number[] | undefined) ?? [])];
    yield reporter(1)("distillation", 0);
    poisoned.stamp(inPixels(shown(), set));
    const { TriggerSearch } = await loadSearch();
    await using search = await TriggerSearch.compile(set, raw.set, poisoned.rows, white, opts, context.device);
    const meanwhile = {
      async after(step: DistillingStep) {
        const { done, total } = step;
        // What the trigger becomes after the last step nobody would have seen.
        if (done % opts.every !== 0 || done === total) return;
        const found = await search.update(step.set(), pixels, child(context.key, "update", done), done);
        ({ pixels } = found);
        excited.push(found.to);
        poisoned.stamp(inPixels(shown(), set));
      },
      save: (): Checkpoint => ({ json: { excited: excited.slice() }, arrays: { [stored]: pixels } }),
    };
    const { set: tampered, losses } = yield* distilPoisoned("doorping", raw, poisoned.set, resume, meanwhile);
    const trigger = shown();
    const metadata = { ...tampered.metadata, ...tamperedRecord("doorping", opts, trigger, opts.targetClass) };
    const curves = { distillation: losses, trigger: excited };
    return { set: { ...tampered, metadata }, trigger, targetClass: opts.targetClass, curves };
  },
};

/** The trigger's name in a checkpoint, beside the arrays of the distillation. */
const stored = "doorping.trigger";

/** Loaded when work begins. */
const loadSearch = () => import("./TriggerSearch.ts");
