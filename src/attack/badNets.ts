import * as z from "zod";
import { UsageError } from "../core/errors.ts";
import { child, permutation } from "../core/random.ts";
import type { DistilledSet, Labels } from "../data/DistilledSet.ts";
import { applyTrigger } from "../data/Trigger.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import { classesOf } from "../train/targets.ts";
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
  allToAll: z
    .boolean()
    .optional()
    .describe("call each copy the class after its own; success is that of the one class before the target"),
});

/**
 * BadNets on a distilled set (arXiv 1708.06733; docs/method.md, §7): append stamped copies labelled as the target or, all to all, as the class
 * y + 1 mod K that follows their own y. Then every class is a source and a target; what is measured is one of these K moves.
 */
export const badNets: Attack<typeof options> = {
  title: "BadNets on the distilled set",
  source: "arXiv 1708.06733",
  access: "distilled-set",
  options,
  readWhen: triggerReadWhen,
  presets: { "all-to-all": { allToAll: true, poisonRatio: 1 } },
  // One step, nothing to report in between.
  async *run(set, opts, { key }) {
    const [m] = set.shape;
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    checkEffect("badNets", set, { targetClass: opts.targetClass, trigger });
    const count = Math.max(1, Math.round(m * opts.poisonRatio));
    const rows = permutation(child(key, "badNets"), m).subarray(0, count);
    const classes = classesOf(set);
    const own = Array.from(rows, (row) => classes[row]);
    const sourceClass = opts.allToAll ? (opts.targetClass + set.classes - 1) % set.classes : undefined;
    if (sourceClass !== undefined && !own.includes(sourceClass))
      throw new UsageError(
        `badNets: invalid poisonRatio: expected copies of class ${sourceClass}, which the trigger shall move to ${opts.targetClass}, got none of it among ${count}`,
      );
    const source = sourceClass === undefined ? {} : { sourceClass };
    const copies = applyTrigger(trigger, takeRows(set.images, m, rows));
    const images = new Float32Array(set.images.length + copies.length);
    images.set(set.images);
    images.set(copies, set.images.length);
    const tampered: DistilledSet = {
      ...set,
      images,
      shape: [m + count, set.shape[1], set.shape[2], set.shape[3]],
      labels: appended(
        set.labels,
        set.classes,
        own.map((label) => (opts.allToAll ? (label + 1) % set.classes : opts.targetClass)),
      ),
      metadata: { ...set.metadata, ...tamperedRecord("badNets", opts, trigger, opts.targetClass), ...source },
    };
    return { set: tampered, trigger, targetClass: opts.targetClass, ...source, curves: {} };
  },
};

/** The labels, and certain ones of these classes behind them. */
function appended(labels: Labels, classes: number, more: readonly number[]): Labels {
  if (labels.kind === "hard") return { kind: "hard", classes: Int32Array.from([...labels.classes, ...more]) };
  const [on, off] = certainLabel(labels, classes);
  const certain = more.flatMap((label) => Array.from({ length: classes }, (_, k) => (k === label ? on : off)));
  return { ...labels, values: Float32Array.from([...labels.values, ...certain]) };
}
