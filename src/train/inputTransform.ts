import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { ZcaWhitening } from "../data/Normalisation.ts";
import { describeNormalisation, fromPixels, toPixels } from "../data/normalise.ts";
import { fitZca } from "../data/zca.ts";
import type { Floats } from "../nn/Network.ts";
import type { Protocol } from "./protocol.ts";

/** From the space of a set to what the receiver's networks see. Pure. */
export type InputTransform = (images: Floats) => Floats;

/**
 * What a receiver does to every picture before its network sees it, while training and afterwards alike.
 *
 * - `clamp`: the receiver keeps the set as pictures with values in [0, 1].
 * - `8-bit`: it keeps them as ordinary picture files, 256 levels.
 * - `zca`: it whitens them by the images it trains on (`fitZca`), clean or tampered as they are; there are no others.
 *
 * Clean test images are 8-bit pictures already: clamping and rounding change only what a trigger adds to them. A trigger is
 * stamped before the transform, as part of what the receiver's camera sees.
 *
 * @throws UsageError where pixels cannot be had back from the stored numbers.
 */
export function inputTransform(input: Protocol["input"], set: DistilledSet): InputTransform {
  if (input === "as-is") return (images) => images;
  const { normalisation } = set;
  if (
    normalisation.kind === "unknown" ||
    (normalisation.kind === "zca" && (input === "zca" || !normalisation.whitening))
  )
    throw new UsageError(
      `protocol: invalid input: expected as-is for a set with normalisation ${describeNormalisation(normalisation)}, got ${input}`,
    );
  const [, c, h, w] = set.shape;
  const shapeOf = (images: Floats) => [images.length / (c * h * w), c, h, w] as const;
  const pixelsOf = (images: Floats) => toPixels(images, shapeOf(images), normalisation);
  if (input === "zca") {
    const whitening = whiteningOf(set, pixelsOf);
    return (images) => fromPixels(pixelsOf(images), shapeOf(images), { kind: "zca", whitening });
  }
  const shown = (pixel: number) => {
    const inside = Math.min(1, Math.max(0, pixel));
    return input === "clamp" ? inside : Math.round(255 * inside) / 255;
  };
  return (images) => fromPixels(pixelsOf(images).map(shown), shapeOf(images), normalisation);
}

/** Fitting takes seconds; a set is trained on many times. */
const fitted = new WeakMap<DistilledSet, ZcaWhitening>();

function whiteningOf(set: DistilledSet, pixelsOf: (images: Floats) => Floats): ZcaWhitening {
  const known = fitted.get(set);
  if (known) return known;
  const whitening = fitZca(pixelsOf(set.images), set.shape);
  fitted.set(set, whitening);
  return whitening;
}
