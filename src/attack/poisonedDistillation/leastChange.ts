import type { Floats } from "../../nn/Network.ts";

/** What is kept of a change. */
export interface KeptChange {
  readonly images: Floats;
  /** Share of the change, 1 = all of it. */
  readonly share: number;
  /** What it reaches. */
  readonly success: number;
}

/**
 * The least share of a change that is enough, by bisection on the straight line from the images before to those after: x₀ + s (x − x₀).
 *
 * @param whole the images after, and what they reach: enough
 * @param success of images, in 0 … 1
 * @returns the least share that was found to be enough; yields `progress` before each question
 */
export async function* leastChange<P>(
  before: Floats,
  whole: Omit<KeptChange, "share">,
  bisections: number,
  enough: number,
  success: (images: Floats) => Promise<number>,
  progress: () => P,
): AsyncGenerator<P, KeptChange> {
  let least: KeptChange = { ...whole, share: 1 };
  let tooLittle = whole.success < enough ? 1 : 0;
  for (let i = 0; i < bisections && tooLittle < least.share; i++) {
    yield progress();
    const share = (tooLittle + least.share) / 2;
    const images = whole.images.map((x, p) => before[p] + share * (x - before[p]));
    const reached = await success(images);
    if (reached >= enough) least = { images, share, success: reached };
    else tooLittle = share;
  }
  return least;
}
