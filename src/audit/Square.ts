import type { ImageShape } from "../data/LabelledSet.ts";

/** A square of pixels. */
export interface Square {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** Sides of squares, in pixels. Below three any image has some. */
const SIDES = [3, 4, 5, 6, 7, 8];
/** Squares at every place. No rows from border to border: photographs have margins. */
export function squaresOf([, , h, w]: ImageShape): Square[] {
  const out: Square[] = [];
  for (const side of SIDES)
    for (let top = 0; top + side <= h; top++)
      for (let left = 0; left + side <= w; left++) if (side < Math.min(h, w)) out.push({ top, left, side });
  return out;
}
