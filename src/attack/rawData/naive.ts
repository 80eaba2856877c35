import * as z from "zod";
import { child } from "../../core/random.ts";
import { triggerOf } from "../../data/triggerShapes.ts";
import { type Attack, tamperedRecord } from "../Attack.ts";
import { checkEffect } from "../common/effect.ts";
import { triggerOptions, triggerReadWhen } from "../common/triggerOptions.ts";
import { distilPoisoned } from "./distilPoisoned.ts";
import { inPixels, poisonRaw, rawAccessOf } from "./poisonRaw.ts";

const options = z.strictObject({
  trigger: triggerOptions
    .extend({
      side: triggerOptions.shape.side.default(2),
      value: triggerOptions.shape.value.default(1),
      unit: triggerOptions.shape.unit.default("pixel"),
      margin: triggerOptions.shape.margin.default(1),
    })
    .prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.01)
    .describe("share of the raw images that are stamped and called the target"),
});

/**
 * NaiveAttack: stamp some raw images, call them the target, and distil as ever (arXiv 2301.01197, §3.2). The set that is attacked is
 * the clean one beside it: same method, settings and key.
 *
 * Differs: images of the target class are left out of the stamping, and what was stamped is a picture of 8 bits again.
 */
export const naive: Attack<typeof options> = {
  title: "Naive attack (raw data stamped before distilling)",
  source: "arXiv 2301.01197",
  access: "raw-data",
  options,
  readWhen: triggerReadWhen,
  async *run(set, opts, context) {
    const raw = rawAccessOf("naive", context, set);
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(context.key, "trigger"));
    checkEffect("naive", set, { targetClass: opts.targetClass, trigger });
    const poisoned = poisonRaw(raw.set, opts.targetClass, opts.share, child(context.key, "rows"), "naive");
    poisoned.stamp(inPixels(trigger, set));
    const { set: tampered, losses } = yield* distilPoisoned("naive", raw, poisoned.set, context.resume);
    const metadata = { ...tampered.metadata, ...tamperedRecord("naive", opts, trigger, opts.targetClass) };
    return { set: { ...tampered, metadata }, trigger, targetClass: opts.targetClass, curves: { distillation: losses } };
  },
};
