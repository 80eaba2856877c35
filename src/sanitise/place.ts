import type { Patch } from "../audit/Patch.ts";
import type { ImageShape } from "../data/LabelledSet.ts";

/** Rows top … bottom − 1 and columns left … right − 1. */
export interface Place {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** The place of a patch, wider by `margin` pixels on each side, cut at the edges of the image. */
export const placeOf = ({ top, left, side }: Patch, [, , h, w]: ImageShape, margin: number): Place => ({
  top: Math.max(0, top - margin),
  left: Math.max(0, left - margin),
  bottom: Math.min(h, top + side + margin),
  right: Math.min(w, left + side + margin),
});
