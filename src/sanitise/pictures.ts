import type { DistilledSet } from "../data/DistilledSet.ts";
import { fromPixels, toPixels } from "../data/normalise.ts";
import type { Floats } from "../nn/Network.ts";

/** The pictures of a set: M·C·H·W numbers, 0 black and 1 white. @throws UsageError where pixels cannot be had */
export const picturesOf = (set: DistilledSet): Floats => toPixels(set.images, set.shape, set.normalisation);

/**
 * Put changed pictures back into the space of a set. What did not change keeps its bytes: single numbers, and in a whitened space,
 * where every number depends on all pixels, whole images.
 *
 * @param before, after M·C·H·W pixels
 */
export function withPictures(set: DistilledSet, before: Floats, after: Floats): DistilledSet {
  const [m, c, h, w] = set.shape;
  const size = c * h * w;
  const images = set.images.slice();
  const whitened = set.normalisation.kind === "zca";
  for (let i = 0; i < m; i++) {
    const [was, is] = [before.subarray(i * size, (i + 1) * size), after.subarray(i * size, (i + 1) * size)];
    if (is.every((v, p) => v === was[p])) continue;
    const stored = fromPixels(is, [1, c, h, w], set.normalisation);
    for (let p = 0; p < size; p++) if (whitened || is[p] !== was[p]) images[i * size + p] = stored[p];
  }
  return { ...set, images };
}
