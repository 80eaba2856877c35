import type { Patch } from "../audit/Patch.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { fromPixels, pictureSpace } from "../data/normalise.ts";
import { inGamut, type Trigger } from "../data/Trigger.ts";

/** A found patch as a trigger, so that it can be measured as those of attacks are. */
export function patchTrigger({ top, left, side, values }: Patch, { shape, normalisation }: DistilledSet): Trigger {
  const [, c, h, w] = shape;
  const [mask, pixels] = [new Float32Array(h * w), new Float32Array(c * h * w).fill(0.5)];
  for (let k = 0, at = 0; k < c; k++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++, at++) {
        mask[y * w + x] = 1;
        pixels[(k * h + y) * w + x] = values[at];
      }
  const space = pictureSpace(normalisation);
  const pattern = fromPixels(pixels, [1, c, h, w], space);
  return {
    description: `found patch of ${side}×${side} at row ${top}, column ${left}`,
    channels: c,
    height: h,
    width: w,
    mask,
    pattern,
    inGamut: inGamut(mask, pattern, [1, c, h, w], space),
  };
}
