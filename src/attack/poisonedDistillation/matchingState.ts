import type { Checkpoint } from "../../core/checkpoint.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Floats } from "../../nn/Network.ts";
import { type Curves, freshMoments } from "../common/learntState.ts";

/** How far gradient matching along a trajectory is. */
export interface MatchingState {
  /** Empty where none are used. */
  readonly archetypes: Floats;
  readonly archetypeLosses: readonly number[];
  readonly images: Floats;
  readonly slots: readonly Floats[];
  /** Network along the trajectory, and updates done at it. */
  readonly block: number;
  readonly step: number;
  /** The images when this block began. */
  readonly blockImages: Floats;
  readonly curves: Curves;
}

export const beginMatching = (
  { images }: DistilledSet,
  archetypes: Floats,
  archetypeLosses: readonly number[],
): MatchingState => ({
  archetypes,
  archetypeLosses,
  images,
  slots: freshMoments(images.length),
  block: 0,
  step: 0,
  blockImages: images,
  curves: {},
});

export function save({ archetypes, images, slots, blockImages, ...json }: MatchingState): Checkpoint {
  return { json: { ...json }, arrays: { archetypes, images, blockImages, momentum: slots[0], variance: slots[1] } };
}

export function restore({ json, arrays }: Checkpoint): MatchingState {
  const { archetypes, images, blockImages, momentum, variance } = arrays;
  const rest = json as unknown as Pick<MatchingState, "archetypeLosses" | "block" | "step" | "curves">;
  return { ...rest, archetypes, images, blockImages, slots: [momentum, variance] };
}
