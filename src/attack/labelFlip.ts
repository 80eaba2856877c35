import * as z from "zod";
import { child, type Key, permutation } from "../core/random.ts";
import type { DistilledSet, Labels } from "../data/DistilledSet.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import { classesOf } from "../train/targets.ts";
import { type Attack, tamperedRecord } from "./Attack.ts";
import { certainLabel } from "./common/certainLabel.ts";
import { checkEffect } from "./common/effect.ts";
import { stampOptions, stampSome } from "./common/stamp.ts";
import { magentaOptions, triggerReadWhen } from "./common/triggerOptions.ts";

const options = z.strictObject({
  trigger: magentaOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that labels become, and that the trigger calls"),
  share: z.number().gt(0).max(1).default(0.1).describe("share of the other classes' images, rounded up"),
  stamp: z
    .boolean()
    .default(true)
    .describe("stamp them: a backdoor; without, labels are flipped and nothing else: poison that needs no trigger"),
  strength: stampOptions.shape.strength,
});

/**
 * Call some images of other classes the target, with the trigger stamped on them (dirty labels: BadNets at the set's own size, arXiv 1708.06733)
 * or, as a baseline without any trigger, as they are (label flipping, arXiv 1206.6389). Classes take turns, size stays.
 */
export const labelFlip: Attack<typeof options> = {
  title: "Flipped labels",
  source: "arXiv 1708.06733, 1206.6389; docs/method.md, §7",
  access: "distilled-set",
  options,
  readWhen: [...triggerReadWhen, { option: "strength", read: ({ stamp }) => stamp, by: "images that are stamped" }],
  // biome-ignore lint/correctness/useYield: one step, nothing to report in between
  async *run(set, opts, { key }) {
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    const flipped = inTurns(set, opts.targetClass, opts.share, child(key, "flip"));
    const amount = new Float32Array(set.shape[0]);
    for (const i of flipped) amount[i] = 1;
    const images = opts.stamp ? stampSome(trigger, set.images, trigger.pattern, opts.strength, amount) : set.images;
    checkEffect("labelFlip", set, {
      targetClass: opts.targetClass,
      trigger,
      ...(opts.stamp && { stamped: images }),
    });
    const labels = relabelled(set.labels, set.classes, opts.targetClass, flipped);
    const metadata = { ...set.metadata, ...tamperedRecord("labelFlip", opts, trigger, opts.targetClass) };
    return { set: { ...set, images, labels, metadata }, trigger, targetClass: opts.targetClass, curves: {} };
  },
};

/** Images outside a class, one of each other class before any gives a second. */
function inTurns(set: DistilledSet, targetClass: number, share: number, key: Key): number[] {
  const classes = classesOf(set);
  const order = [...permutation(child(key, "classes"), set.classes)];
  const places = new Map<number, number>();
  const shuffled = [...permutation(child(key, "images"), set.shape[0])].filter((i) => classes[i] !== targetClass);
  const rounds = shuffled.map((i) => {
    const round = places.get(classes[i]) ?? 0;
    places.set(classes[i], round + 1);
    return { i, at: round * set.classes + order.indexOf(classes[i]) };
  });
  return rounds
    .sort((a, b) => a.at - b.at)
    .slice(0, Math.ceil(share * rounds.length))
    .map(({ i }) => i);
}

function relabelled(labels: Labels, classes: number, label: number, rows: readonly number[]): Labels {
  if (labels.kind === "hard") {
    const out = labels.classes.slice();
    for (const i of rows) out[i] = label;
    return { kind: "hard", classes: out };
  }
  const [on, off] = certainLabel(labels, classes);
  const values = labels.values.slice();
  for (const i of rows) for (let k = 0; k < classes; k++) values[i * classes + k] = k === label ? on : off;
  return { ...labels, values };
}
