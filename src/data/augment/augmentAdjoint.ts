import type { ImageShape } from "../LabelledSet.ts";
import { type Augmentation, type DsaSettings, dsaSettings } from "./Augmentation.ts";
import { applyTapsAdjoint } from "./applyTaps.ts";
import { augment } from "./augment.ts";
import { tapsOf } from "./taps.ts";

/**
 * Carry a derivative by augmented images back to the images: the transpose of the linear part of `augment`. Every operator is
 * affine in the images; those of colour are symmetric but for their shift.
 *
 * @param gradient by the augmented images, N·C·H·W numbers
 * @param augmentation undefined, as for `augment`, changes nothing.
 * @returns by the images, new numbers.
 */
export function augmentAdjoint(
  gradient: Float32Array<ArrayBuffer>,
  shape: ImageShape,
  augmentation: Augmentation | undefined,
  settings: DsaSettings = dsaSettings,
): Float32Array<ArrayBuffer> {
  if (augmentation === undefined) return gradient.slice();
  if (augmentation.operator === "color") {
    // Brightness shifts by (u − 1/2) · reach: not at all from the middle.
    const unshifted = { ...augmentation, brightnessU: augmentation.brightnessU.map(() => 0.5) };
    return augment(gradient, shape, unshifted, settings);
  }
  const [n, c, h, w] = shape;
  const out = new Float32Array(gradient.length);
  for (let i = 0; i < n; i++)
    applyTapsAdjoint(tapsOf(augmentation, i, h, w, settings), gradient, out, i * c * h * w, c);
  return out;
}
