import * as z from "zod";
import { type Key, permutation } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Trigger } from "../../data/Trigger.ts";
import type { Floats } from "../../nn/Network.ts";
import { classesOf } from "../../train/targets.ts";

/** Images of the target class that carry the trigger themselves: clean-label poisoning, the labels stay true. */
export const stampOptions = z.strictObject({
  share: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("share of the target's images that carry the trigger, rounded up"),
  strength: z.number().positive().default(1).describe("factor on the pattern there; above 1 it may leave the gamut"),
});

/** 1 for the images that carry the trigger, 0 for the others, [M]. */
export function carryingImages(set: DistilledSet, targetClass: number, share: number, key: Key): Floats {
  const classes = classesOf(set);
  const own = [...classes.keys()].filter((i) => classes[i] === targetClass);
  const out = new Float32Array(set.shape[0]);
  for (const i of permutation(key, own.length).subarray(0, Math.ceil(share * own.length))) out[own[i]] = 1;
  return out;
}

/**
 * Stamp some images: x ↦ (1 − a · mask) · x + a · mask · strength · pattern. Pure.
 *
 * @param pattern C·H·W, in the space of the set: zero is the mean that was taken off
 * @param amount a of each image, [N]
 */
export function stampSome(trigger: Trigger, images: Floats, pattern: Floats, strength: number, amount: Floats): Floats {
  const { mask } = trigger;
  return images.map((v, i) => {
    const a = amount[Math.floor(i / pattern.length)] * mask[i % mask.length];
    return a === 0 ? v : v * (1 - a) + a * strength * pattern[i % pattern.length];
  });
}

/**
 * Stamp some images, each with another random part of the trigger: a share of its pixels, one at least.
 *
 * @param part in (0, 1]; with 1 each image shows the whole
 * @param amount as of `stampSome`
 * @param draw the key of an image's part
 */
export function stampParts(
  trigger: Trigger,
  images: Floats,
  strength: number,
  amount: Floats,
  part: number,
  draw: (image: number) => Key,
): Floats {
  const size = trigger.pattern.length;
  const out = images.slice();
  amount.forEach((a, i) => {
    if (a === 0) return;
    const own = images.slice(i * size, (i + 1) * size);
    const shown = partOf(trigger, part, draw(i));
    out.set(stampSome(shown, own, trigger.pattern, strength, Float32Array.of(a)), i * size);
  });
  return out;
}

function partOf(trigger: Trigger, part: number, key: Key): Trigger {
  const covered = [...trigger.mask.keys()].filter((i) => trigger.mask[i] > 0);
  const mask = new Float32Array(trigger.mask.length);
  const shown = Math.max(1, Math.round(part * covered.length));
  for (const i of permutation(key, covered.length).subarray(0, shown)) mask[covered[i]] = trigger.mask[covered[i]];
  return { ...trigger, mask };
}
