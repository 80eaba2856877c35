import * as z from "zod";
import { child } from "../core/random.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import { type Attack, tamperedRecord } from "./Attack.ts";
import { checkEffect } from "./common/effect.ts";
import { carryingImages, stampOptions, stampSome } from "./common/stamp.ts";
import { magentaOptions, triggerReadWhen } from "./common/triggerOptions.ts";

const options = z.strictObject({
  trigger: magentaOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  ...stampOptions.shape,
});

/**
 * Stamp some images of the target class and change nothing else: size, labels and every other image stay. No network is trained.
 * With a few images per class and a trigger of a saturated colour it is the strongest attack measured here (docs/results/worst-case.md).
 */
export const cleanLabel: Attack<typeof options> = {
  title: "Clean-label stamping",
  source: "clean-label poisoning, arXiv 1912.02771; docs/method.md, §8",
  access: "distilled-set",
  options,
  readWhen: triggerReadWhen,
  // Chosen on training images of CIFAR-10: of the strengths tried, 1 to 3, the one to which most networks answered.
  presets: { strong: { strength: 3 } },
  // biome-ignore lint/correctness/useYield: one step, nothing to report in between
  async *run(set, opts, { key }) {
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    const carrying = carryingImages(set, opts.targetClass, opts.share, child(key, "stamp"));
    const images = stampSome(trigger, set.images, trigger.pattern, opts.strength, carrying);
    checkEffect("cleanLabel", set, { targetClass: opts.targetClass, trigger, stamped: images });
    const metadata = { ...set.metadata, ...tamperedRecord("cleanLabel", opts, trigger, opts.targetClass) };
    return { set: { ...set, images, metadata }, trigger, targetClass: opts.targetClass, curves: {} };
  },
};
