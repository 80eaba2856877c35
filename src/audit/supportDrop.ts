import { child, type Key, Stream } from "../core/random.ts";
import type { Floats } from "../nn/Network.ts";
import { type AuditedSet, repainted } from "./AuditedSet.ts";
import { Jury, type Success } from "./Jury.ts";
import { cut, type Patch } from "./Patch.ts";
import type { Candidate } from "./transplant.ts";

/** What becomes of a patch's success when the images that carry it no longer do. */
export interface Support {
  /** Images of the class whose own pixels at the place call it. */
  readonly flagged: readonly number[];
  /** Success of the patch before networks of the set, and before networks of the set without what the flagged images have there. */
  readonly before: number;
  readonly after: number;
  /** before − after; 0 where no image is flagged. */
  readonly drop: number;
}

/** Pixels by which the place is widened when it is painted over. */
const MARGIN = 3;
/** Networks that are trained again. */
const RETRAINED = 2;

/**
 * Which images of the class carry what calls it at the place: their own pixels there, pasted on pictures that are none of the set,
 * are called the class as often as half the best one's, as a quarter of the pictures, and clearly more often than those of images of
 * other classes.
 */
export async function carryingImages(
  { pixels, shape, labels }: AuditedSet,
  jury: Jury,
  { targetClass, patch: { top, left, side } }: Candidate,
): Promise<number[]> {
  const patches = [...labels.keys()].map((image) => cut(pixels, shape, image, top, left, side));
  const rates: number[] = [];
  for (let from = 0; from < patches.length; from += 16)
    rates.push(...(await jury.judgeAll(patches.slice(from, from + 16))).map(({ rate }: Success) => rate[targetClass]));
  const own = [...labels.keys()].filter((i) => labels[i] === targetClass);
  const others = [...labels.keys()].filter((i) => labels[i] !== targetClass).map((i) => rates[i]);
  const best = Math.max(...own.map((i) => rates[i]));
  const least = Math.max(best / 2, 0.25, median(others) + 0.2);
  return own.filter((i) => rates[i] >= least);
}

/** The set with the place painted over in some images, by the same place of random images of other classes. */
export function paintedOver(audited: AuditedSet, images: readonly number[], place: Patch, key: Key): AuditedSet {
  const { pixels, shape, labels } = audited;
  const [, c, h, w] = shape;
  const stream = new Stream(key);
  const out: Floats = pixels.slice();
  const [top, left] = [Math.max(0, place.top - MARGIN), Math.max(0, place.left - MARGIN)];
  const [bottom, right] = [Math.min(h, place.top + place.side + MARGIN), Math.min(w, place.left + place.side + MARGIN)];
  for (const image of images) {
    const others = [...labels.keys()].filter((i) => labels[i] !== labels[image]);
    const from = others[stream.integer(others.length)];
    for (let k = 0; k < c; k++)
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++)
          out[((image * c + k) * h + y) * w + x] = pixels[((from * c + k) * h + y) * w + x];
  }
  return repainted(audited, out);
}

/**
 * Support drop: paint the place over in the images that carry the candidate, train networks again from the same initial weights,
 * and see how much of the patch's success is gone. Clean sets have natural universal patches too, but no few images support them.
 *
 * @param born key of each judging network's initial weights, in the order of the jury's states
 */
export async function supportDrop(
  audited: AuditedSet,
  jury: Jury,
  candidate: Candidate,
  born: readonly Key[],
  key: Key,
): Promise<Support> {
  const { patch, targetClass } = candidate;
  const flagged = await carryingImages(audited, jury, candidate);
  const some = await Jury.seat(jury.panel, jury.states.slice(0, RETRAINED), jury.pixels, audited.shape);
  const before = (await some.judge(patch)).rate[targetClass];
  if (flagged.length === 0) return { flagged, before, after: before, drop: 0 };
  const without = paintedOver(audited, flagged, patch, child(key, "paint"));
  const states = [];
  for (const from of born.slice(0, RETRAINED)) states.push(await jury.panel.train(without, from));
  const after = (await (await Jury.seat(jury.panel, states, jury.pixels, audited.shape)).judge(patch)).rate[
    targetClass
  ];
  return { flagged, before, after, drop: Math.max(0, before - after) };
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
