import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { type Key, permutation } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { toPixels } from "../../data/normalise.ts";
import type { Trigger } from "../../data/Trigger.ts";
import type { AttackContext, RawAccess } from "../Attack.ts";

/** @throws UsageError where an attack on raw data is given none, or images of another shape than the set's. */
export function rawAccessOf(who: string, { raw }: AttackContext, set: DistilledSet): RawAccess {
  if (!raw)
    throw new UsageError(`${who}: missing raw data: expected the images that the set was distilled from, got none`);
  const [, c, h, w] = raw.set.shape;
  const got = `${c} × ${h} × ${w} of ${raw.set.classes} classes`;
  const [, cs, hs, ws] = set.shape;
  const wanted = `${cs} × ${hs} × ${ws} of ${set.classes} classes`;
  if (got !== wanted) throw new UsageError(`${who}: invalid raw data: expected images of ${wanted}, got ${got}`);
  return raw;
}

/** The option that says how many raw images are the attacker's. @param usual as published */
export const stampedShare = (usual: number) =>
  z.number().gt(0).max(1).default(usual).describe("share of the raw images that are stamped and called the target");

/** Raw images of which some are the attacker's: stamped, and called the target. */
export interface PoisonedRaw {
  /** Shares nothing with the raw set that it was made of. */
  readonly set: LabelledSet;
  /** Which images. None of the target class: its own images need no stamp (the published program takes any). */
  readonly rows: Int32Array<ArrayBuffer>;
  /** Stamp these images with another trigger, from what they were. */
  stamp(trigger: Trigger): void;
}

/**
 * Choose a share of the raw images, at least one, among those outside the target class, and call them the target.
 *
 * @param share of all raw images
 * @throws UsageError where the other classes have fewer.
 */
export function poisonRaw(raw: LabelledSet, targetClass: number, share: number, key: Key, who: string): PoisonedRaw {
  const others = Int32Array.from(raw.labels.keys()).filter((i) => raw.labels[i] !== targetClass);
  const count = Math.max(1, Math.round(share * raw.shape[0]));
  if (count > others.length)
    throw new UsageError(
      `${who}: invalid share: expected at most the ${others.length} images outside class ${targetClass}, got ${count}`,
    );
  const rows = permutation(key, others.length)
    .slice(0, count)
    .map((i) => others[i])
    .sort();
  const [pixels, labels] = [raw.pixels.slice(), raw.labels.slice()];
  for (const i of rows) labels[i] = targetClass;
  return { set: { ...raw, pixels, labels }, rows, stamp: (trigger) => stampBytes(raw, pixels, rows, trigger) };
}

/** x ↦ (1 − mask) · x + mask · pattern in pixels, as bytes, clamped. */
function stampBytes(raw: LabelledSet, pixels: Uint8Array, rows: Int32Array, trigger: TriggerInPixels): void {
  const { mask, pattern } = trigger;
  const [plane, size] = [mask.length, pattern.length];
  const touched = [...mask.keys()].filter((i) => mask[i] !== 0);
  for (const row of rows) {
    // What another trigger left is taken away.
    pixels.set(raw.pixels.subarray(row * size, (row + 1) * size), row * size);
    for (let c = 0; c < size; c += plane)
      for (const i of touched) {
        const at = row * size + c + i;
        const mixed = (1 - mask[i]) * raw.pixels[at] + mask[i] * 255 * pattern[c + i];
        pixels[at] = Math.max(0, Math.min(255, Math.round(mixed)));
      }
  }
}

/** A trigger whose pattern is in [0, 1]. */
type TriggerInPixels = Pick<Trigger, "mask" | "pattern">;

/** The same trigger with pixel values: raw images are bytes. */
export function inPixels(trigger: Trigger, set: DistilledSet): Trigger {
  const { channels, height, width, pattern } = trigger;
  return { ...trigger, pattern: toPixels(pattern, [1, channels, height, width], set.normalisation) };
}
