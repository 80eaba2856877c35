import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import { describeNormalisation, fromPixels, toPixels } from "../data/normalise.ts";
import type { Floats } from "../nn/Network.ts";
import { classesOf } from "../train/targets.ts";

/** A set as an audit sees it: pictures, and the same numbers centred and scaled by themselves, on which its networks are trained. */
export interface AuditedSet {
  /** Set for training: whatever normalisation it came with, now the mean and deviation of its own pixels. */
  readonly set: DistilledSet;
  /** M·C·H·W numbers, 0 black and 1 white; a distilled set may leave that range. */
  readonly pixels: Floats;
  readonly shape: ImageShape;
  readonly classes: number;
  /** Class of each image; of soft labels the largest entry. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/**
 * Bring a set into the space of an audit. Whitening is undone: patches are places of pictures.
 *
 * @throws UsageError where pixels cannot be had back from the stored numbers.
 */
export function auditedSet(set: DistilledSet): AuditedSet {
  const { normalisation, shape } = set;
  if (normalisation.kind === "unknown" || (normalisation.kind === "zca" && !normalisation.whitening))
    throw new UsageError(
      `audit: invalid set ${set.name}: expected a normalisation that leads to pixels, got ${describeNormalisation(normalisation)}`,
    );
  if (set.classes < 2)
    throw new UsageError(`audit: invalid set ${set.name}: expected two classes or more, got ${set.classes}`);
  const pixels = toPixels(set.images, shape, normalisation);
  return withPixels(set, pixels, ownMoments(pixels, shape));
}

/** The same set with other pictures: its networks see them in the same space. */
export const repainted = ({ set }: AuditedSet, pixels: Floats): AuditedSet =>
  withPixels(set, pixels, set.normalisation as Moments);

interface Moments {
  readonly kind: "meanStd";
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

function withPixels(set: DistilledSet, pixels: Floats, normalisation: Moments): AuditedSet {
  return {
    set: { ...set, images: fromPixels(pixels, set.shape, normalisation), normalisation },
    pixels,
    shape: set.shape,
    classes: set.classes,
    labels: classesOf(set),
  };
}

function ownMoments(pixels: Floats, [n, c, h, w]: ImageShape): Moments {
  const [mean, std]: [number[], number[]] = [[], []];
  const plane = h * w;
  for (let k = 0; k < c; k++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++)
      for (let p = (i * c + k) * plane, end = p + plane; p < end; p++) {
        sum += pixels[p];
        squares += pixels[p] ** 2;
      }
    const average = sum / (n * plane);
    mean.push(average);
    std.push(Math.sqrt(Math.max(1e-6, squares / (n * plane) - average ** 2)));
  }
  return { kind: "meanStd", mean, std };
}
