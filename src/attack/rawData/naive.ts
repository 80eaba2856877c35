import * as z from "zod";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { UsageError } from "../../core/errors.ts";
import { child } from "../../core/random.ts";
import { triggerOf } from "../../data/triggerShapes.ts";
import { type Attack, type AttackProgress, type DistillingStep, reporter, tamperedRecord } from "../Attack.ts";
import { checkEffect } from "../common/effect.ts";
import { triggerOptions, triggerReadWhen } from "../common/triggerOptions.ts";
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
    const losses = [...((context.resume?.json.losses as readonly number[] | undefined) ?? [])];
    const resume = context.resume && {
      ...context.resume,
      json: context.resume.json.distillation as Checkpoint["json"],
    };
    let last: DistillingStep | undefined;
    for await (const step of raw.distil(poisoned.set, resume)) {
      if (step.loss !== undefined) losses.push(step.loss);
      last = step;
      yield report(step, losses.slice());
    }
    if (!last) throw new UsageError("naive: missing steps: expected a distillation of at least one, got none");
    const tampered = last.set();
    const metadata = { ...tampered.metadata, ...tamperedRecord("naive", opts, trigger, opts.targetClass) };
    return { set: { ...tampered, metadata }, trigger, targetClass: opts.targetClass, curves: { distillation: losses } };
  },
};

function report({ done, total, loss, checkpoint }: DistillingStep, losses: readonly number[]): AttackProgress {
  const resume = (): Checkpoint => {
    const { json, arrays } = checkpoint();
    return { json: { distillation: json, losses }, arrays };
  };
  return reporter(total)("distillation", done, { ...(loss !== undefined && { loss }), checkpoint: resume });
}
