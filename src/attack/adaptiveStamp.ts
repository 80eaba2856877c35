import * as z from "zod";
import { UsageError } from "../core/errors.ts";
import { child, type Key, permutation, Stream } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { corners } from "../data/Trigger.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import { classesOf } from "../train/targets.ts";
import { type Attack, tamperedRecord } from "./Attack.ts";
import { checkEffect } from "./common/effect.ts";
import { carryingImages, stampOptions, stampParts, stampSome } from "./common/stamp.ts";
import { magentaOptions, triggerReadWhen } from "./common/triggerOptions.ts";

const options = z.strictObject({
  trigger: magentaOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  ...stampOptions.extend({ share: stampOptions.shape.share.default(1) }).shape,
  part: z
    .number()
    .gt(0)
    .max(1)
    .default(0.35)
    .describe("share of the trigger's pixels that an image shows, drawn for each"),
  decoys: z
    .int()
    .min(0)
    .default(0)
    .describe("other classes that carry a whole stamp of their own, as many images as the target: further targets"),
});

/**
 * Clean-label stamping by somebody who knows `retort audit`, which pastes what an image shows at a place and takes it away again.
 *
 * `part`: no image shows the whole trigger, so that none of them calls the class by itself (split stamps). `decoys`: whole stamps of other
 * colours in other classes, so that another class is accused (framing) and the true one is lost among several (a wider null). Networks learn
 * them as they learn the trigger, so that each is a target as well; the set's metadata says which (`otherTargets`).
 */
export const adaptiveStamp: Attack<typeof options> = {
  title: "Stamping against an audit",
  source: "clean-label poisoning (arXiv 1912.02771) against docs/audit.md; docs/attacks.md",
  access: "distilled-set",
  options,
  readWhen: triggerReadWhen,
  presets: {
    split: { strength: 3 },
    framing: { part: 1, decoys: 1, share: 0.5, strength: 3 },
    crowd: { part: 1, decoys: 4, share: 0.5, strength: 3 },
    "two-targets": { part: 1, decoys: 1, share: 1, strength: 3 },
    "three-targets": { part: 1, decoys: 2, share: 1, strength: 3 },
  },
  // One step, nothing to report in between.
  async *run(set, opts, { key }) {
    const { targetClass, share, strength, part, decoys } = opts;
    const trigger = triggerOf(opts.trigger, set.shape, set.normalisation, child(key, "trigger"));
    const carrying = carryingImages(set, targetClass, share, child(key, "stamp"));
    let images = stampParts(trigger, set.images, strength, carrying, part, (i) => child(key, "part", i));
    const otherTargets = others(set, targetClass, decoys, child(key, "decoys")).map((label, i) => {
      const from = child(key, "decoy", i);
      const look = decoyLook(from);
      const decoy = triggerOf({ ...opts.trigger, ...look }, set.shape, set.normalisation, from);
      images = stampSome(decoy, images, decoy.pattern, strength, carryingImages(set, label, share, from));
      return { targetClass: label, trigger: { description: decoy.description, inGamut: decoy.inGamut, ...look } };
    });
    checkEffect("adaptiveStamp", set, { targetClass, trigger, stamped: images });
    const record = tamperedRecord("adaptiveStamp", opts, trigger, targetClass);
    const metadata = { ...set.metadata, ...record, ...(decoys > 0 && { otherTargets }) };
    return { set: { ...set, images, metadata }, trigger, targetClass, curves: {} };
  },
};

/** @throws UsageError where fewer other classes have images. */
function others(set: DistilledSet, targetClass: number, count: number, key: Key): number[] {
  const all = [...new Set(classesOf(set))].filter((label) => label !== targetClass).sort((a, b) => a - b);
  if (all.length < count)
    throw new UsageError(
      `adaptiveStamp: invalid decoys: expected at most the ${all.length} other classes of the set that have images, got ${count}`,
    );
  return [...permutation(key, all.length).subarray(0, count)].map((i) => all[i]);
}

/** A corner and a saturated colour. */
function decoyLook(key: Key) {
  const stream = new Stream(child(key, "look"));
  const colours = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 0],
    [0, 1, 1],
  ];
  return {
    colour: colours[stream.integer(colours.length)],
    unit: "pixel" as const,
    corner: corners[stream.integer(corners.length)],
  };
}
