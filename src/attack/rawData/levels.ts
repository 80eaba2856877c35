import type { ImageShape } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { toPixels } from "../../data/normalise.ts";
import type { Floats } from "../../nn/Network.ts";

/** A pattern as a picture of 8 bits has it: C·H·W pixels in [0, 1], each a level. What is stamped is then what is asked for. */
export const levels = (pattern: Floats, [, c, h, w]: ImageShape, space: Normalisation): Floats =>
  toPixels(pattern, [1, c, h, w], space).map((v) => Math.round(255 * Math.min(1, Math.max(0, v))) / 255);
