import * as z from "zod";
import { child, permutation } from "../core/random.ts";
import type { DistilledSet, Labels } from "../data/DistilledSet.ts";
import { applyTrigger } from "../data/Trigger.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import { takeRows } from "../train/train.ts";
import { type Attack, tamperedRecord } from "./Attack.ts";
import { certainLabel } from "./common/certainLabel.ts";
import { checkEffect } from "./common/effect.ts";
import { triggerOptions, triggerReadWhen } from "./common/triggerOptions.ts";

const options = z.strictObject({
  trigger: triggerOptions
    .extend({
      side: triggerOptions.shape.side.default(3),
      value: triggerOptions.shape.value.default(1),
      unit: triggerOptions.shape.unit.default("pixel"),
    })
    .prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  poisonRatio: z.number().gt(0).max(1).default(0.1).describe("stamped copies per image of the set"),
});

/** BadNets on a distilled set (arXiv 1708.06733; docs/method.md, §7): append stamped copies labelled as the target. */
export const badNets: Attack<typeof options> = {
  title: "BadNets on the distilled set",
  source: "arXiv 1708.06733",
  access: "distilled-set",
  options,
  readWhen: triggerReadWhen,
  // biome-ignore lint/correctness/useYield: one step, nothing to report in between
  async *run(set, opts, { key }) {
    const [m] = set.shape;
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    checkEffect("badNets", set, { targetClass: opts.targetClass, trigger });
    const count = Math.max(1, Math.round(m * opts.poisonRatio));
    const rows = permutation(child(key, "badNets"), m).subarray(0, count);
    const copies = applyTrigger(trigger, takeRows(set.images, m, rows));
    const images = new Float32Array(set.images.length + copies.length);
    images.set(set.images);
    images.set(copies, set.images.length);
    const tampered: DistilledSet = {
      ...set,
      images,
      shape: [m + count, set.shape[1], set.shape[2], set.shape[3]],
      labels: appendLabel(set.labels, set.classes, opts.targetClass, count),
      metadata: { ...set.metadata, ...tamperedRecord("badNets", opts, trigger, opts.targetClass) },
    };
    return { set: tampered, trigger, targetClass: opts.targetClass, curves: {} };
  },
};

function appendLabel(labels: Labels, classes: number, label: number, count: number): Labels {
  if (labels.kind === "hard") {
    const out = new Int32Array(labels.classes.length + count).fill(label);
    out.set(labels.classes);
    return { kind: "hard", classes: out };
  }
  const values = new Float32Array(labels.values.length + count * classes);
  values.set(labels.values);
  const [on, off] = certainLabel(labels, classes);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < classes; k++) values[labels.values.length + i * classes + k] = k === label ? on : off;
  return { ...labels, values };
}
