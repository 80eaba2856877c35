import { child, type Key, Stream } from "../core/random.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";
import { type AuditedSet, repainted } from "./AuditedSet.ts";
import { Jury } from "./Jury.ts";
import { cutLike, type Patch } from "./Patch.ts";
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
export const RETRAINED = 2;

/**
 * Which images of the class carry what calls it at the place: their own pixels there, pasted on pictures that are none of the set,
 * are called the class as often as half the best one's, as a quarter of the pictures, and clearly more often than those of images of
 * other classes.
 */
export async function carryingImages(
  { pixels, shape, labels }: AuditedSet,
  jury: Jury,
  { targetClass, patch }: Candidate,
): Promise<number[]> {
  const patches = [...labels.keys()].map((image) => cutLike(pixels, shape, image, patch));
  const rates = (await jury.judgeAll(patches)).map(({ rate }) => rate[targetClass]);
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
  const covered = coveredBy(place, shape);
  for (const image of images) {
    const others = [...labels.keys()].filter((i) => labels[i] !== labels[image]);
    const from = others[stream.integer(others.length)];
    for (let k = 0; k < c; k++)
      for (let p = 0; p < h * w; p++)
        if (covered[p]) out[(image * c + k) * h * w + p] = pixels[(from * c + k) * h * w + p];
  }
  return repainted(audited, out);
}

/** Largest share of a picture that can be painted over so that the picture is still one of its class. */
const MOST = 0.6;

/** Pixels that are painted over with a patch: with its margin, or without one where a mask would leave little of the picture. */
export function coveredBy(patch: Patch, shape: ImageShape): Uint8Array {
  const wide = within(MARGIN, patch, shape);
  return patch.mask && shareOf(wide) > MOST ? within(0, patch, shape) : wide;
}

const shareOf = (covered: Uint8Array): number => covered.reduce((a, b) => a + b, 0) / covered.length;

function within(margin: number, { top, left, side, mask }: Patch, [, , h, w]: ImageShape): Uint8Array {
  const out = new Uint8Array(h * w);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      if (mask && mask[y * side + x] === 0) continue;
      for (let r = Math.max(0, top + y - margin); r <= Math.min(h - 1, top + y + margin); r++)
        for (let q = Math.max(0, left + x - margin); q <= Math.min(w - 1, left + x + margin); q++) out[r * w + q] = 1;
    }
  return out;
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
  const flagged = candidate.images ?? (await carryingImages(audited, jury, candidate));
  const some = jury.of(0, RETRAINED);
  const before = (await some.judge(patch)).rate[targetClass];
  // What fills the picture cannot be taken out of it.
  if (flagged.length === 0 || (patch.mask && shareOf(coveredBy(patch, audited.shape)) > MOST))
    return { flagged, before, after: before, drop: 0 };
  const after = await successOn(paintedOver(audited, flagged, patch, child(key, "paint")), jury, candidate, born);
  return { flagged, before, after, drop: Math.max(0, before - after) };
}

/** Success of a candidate before networks that are trained on another form of the set, from the same weights. */
export async function successOn(
  set: AuditedSet,
  jury: Jury,
  { patch, targetClass }: Candidate,
  born: readonly Key[],
): Promise<number> {
  const states = [];
  for (const from of born.slice(0, RETRAINED)) states.push(await jury.panel.train(set, from));
  return (await (await Jury.seat(jury.panel, states, jury.pixels, set.shape)).judge(patch)).rate[targetClass];
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
