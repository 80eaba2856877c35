import { shareOutOfGamut } from "./gamut.ts";
import { maxAbsDifference, psnr } from "./psnr.ts";
import { ssim } from "./ssim.ts";

/** How visible the tampering is: the tampered set S′ against the clean set S, in pixel units. */
export interface Stealth {
  /** Decibels over the whole set; null for equal sets, which JSON could not hold as Infinity. */
  readonly psnr: number | null;
  /** Mean over the images. */
  readonly ssim: number;
  readonly maxAbsDifference: number;
  /** Fractions of all values outside [0, 1]. */
  readonly outOfGamut: { readonly clean: number; readonly tampered: number };
}

/**
 * Compare a tampered set with the clean one, image by image.
 *
 * @param clean N·C·H·W pixels in pixel units, not clamped
 * @param tampered pixels of the same shape and units
 * Source: docs/method.md, §3.
 * @example
 * const { psnr, ssim } = stealth(cleanPixels, tamperedPixels, set.shape);
 */
export function stealth(
  clean: Float32Array,
  tampered: Float32Array,
  shape: readonly [n: number, c: number, h: number, w: number],
): Stealth {
  const decibels = psnr(clean, tampered);
  const similarity = ssim(clean, tampered, shape);
  return {
    psnr: Number.isFinite(decibels) ? decibels : null,
    ssim: similarity.reduce((sum, value) => sum + value, 0) / similarity.length,
    maxAbsDifference: maxAbsDifference(clean, tampered),
    outOfGamut: { clean: shareOutOfGamut(clean), tampered: shareOutOfGamut(tampered) },
  };
}
