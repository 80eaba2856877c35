/** Chosen: rounding through float32 normalisation and back moves a pixel by less than 2e-6; a hundredth of a grey level is far above. */
const gamutTolerance = 0.01 / 255;

/**
 * Measure the share of values that no picture can hold: outside [0, 1] by more than the tolerance, or not a number.
 *
 * @param pixels in pixel units.
 * @returns a fraction; 0 for nothing.
 */
export function shareOutOfGamut(pixels: ArrayLike<number>, tolerance = gamutTolerance): number {
  let outside = 0;
  for (let i = 0; i < pixels.length; i++) if (!(pixels[i] >= -tolerance && pixels[i] <= 1 + tolerance)) outside++;
  return pixels.length === 0 ? 0 : outside / pixels.length;
}
