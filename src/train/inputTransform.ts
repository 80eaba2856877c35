import { type Closable, closable, closeAll } from "../core/closable.ts";
import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Normalisation, ZcaWhitening } from "../data/Normalisation.ts";
import { describeNormalisation, sameNormalisation, toPixels } from "../data/normalise.ts";
import { fitZca } from "../data/zca.ts";
import { type Device, defaultDevice } from "../engine/device.ts";
import type { Floats } from "../nn/Network.ts";
import { pictureBridge } from "./pictureBridge.ts";
import type { Protocol } from "./protocol.ts";

/** From the space that images come in to what the receiver's networks see, for any number of images. */
export interface InputTransform extends Closable {
  (images: Floats): Promise<Floats>;
}

/**
 * What a receiver does to every picture before its network sees it, while training and afterwards alike.
 *
 * - `as-is`: it brings the picture into the space of the set.
 * - `clamp`: it keeps the set as pictures with values in [0, 1].
 * - `8-bit`: it keeps them as ordinary picture files, 256 levels.
 * - `zca`: it whitens them by the images it trains on (`fitZca`), clean or tampered as they are; there are no others.
 *
 * Clean test images are 8-bit pictures already: clamping and rounding change only what a trigger adds to them. A trigger is
 * stamped before the transform, as part of what the receiver's camera sees.
 *
 * @param from space that the images come in: the set's own for its images, `pictureSpace` of it for test images
 * @throws UsageError where pixels cannot be had back from the stored numbers.
 */
export function inputTransform(
  input: Protocol["input"],
  set: DistilledSet,
  device: Device = defaultDevice,
  from: Normalisation = set.normalisation,
): InputTransform {
  const { normalisation } = set;
  if (input === "as-is" && (from === normalisation || sameNormalisation(from, normalisation)))
    return Object.assign(
      async (images: Floats) => images,
      closable(async () => {}),
    );
  if (
    normalisation.kind === "unknown" ||
    (normalisation.kind === "zca" && (input === "zca" || !normalisation.whitening))
  )
    throw new UsageError(
      `protocol: invalid input: expected as-is for a set with normalisation ${describeNormalisation(normalisation)}, got ${input}`,
    );
  const [, c, h, w] = set.shape;
  const source = pictureBridge(from, [c, h, w], device);
  const seen: Normalisation = input === "zca" ? { kind: "zca", whitening: whiteningOf(set) } : normalisation;
  const target = pictureBridge(seen, [c, h, w], device);
  const transform = async (images: Floats) => {
    const pixels = await source.toPixels(images);
    return target.fromPixels(received(pixels, input));
  };
  return Object.assign(
    transform,
    closable(() => closeAll([source, target])),
  );
}

/** What a receiver keeps of pixels. */
export function received(pixels: Floats, input: Protocol["input"]): Floats {
  if (input !== "clamp" && input !== "8-bit") return pixels;
  return pixels.map((pixel) => {
    const inside = Math.min(1, Math.max(0, pixel));
    return input === "clamp" ? inside : Math.round(255 * inside) / 255;
  });
}

/** Fitting takes seconds; a set is trained on many times. */
const fitted = new WeakMap<DistilledSet, ZcaWhitening>();

function whiteningOf(set: DistilledSet): ZcaWhitening {
  const known = fitted.get(set);
  if (known) return known;
  const whitening = fitZca(toPixels(set.images, set.shape, set.normalisation), set.shape);
  fitted.set(set, whitening);
  return whitening;
}
