import type { Checkpoint } from "../../core/checkpoint.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Floats } from "../../nn/Network.ts";
import { type Curves, freshMoments } from "../common/learntState.ts";
import type { Round } from "./rounds.ts";

/** How far gradient matching along a trajectory is. */
export interface MatchingState {
  /** Empty where none are used. */
  readonly archetypes: Floats;
  readonly archetypeLosses: readonly number[];
  readonly images: Floats;
  readonly slots: readonly Floats[];
  /** Times along the trajectory that are over. */
  readonly rounds: readonly Round[];
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
  rounds: [],
  block: 0,
  step: 0,
  blockImages: images,
  curves: {},
});

/** The trajectory over again, from where the images are. */
export const nextRound = (run: MatchingState, over: Round): MatchingState => ({
  ...run,
  slots: freshMoments(run.images.length),
  rounds: [...run.rounds, over],
  block: 0,
  step: 0,
  blockImages: run.images,
});

export function save({ archetypes, images, slots, blockImages, ...json }: MatchingState): Checkpoint {
  return { json: { ...json }, arrays: { archetypes, images, blockImages, momentum: slots[0], variance: slots[1] } };
}

export function restore({ json, arrays }: Checkpoint): MatchingState {
  const { archetypes, images, blockImages, momentum, variance } = arrays;
  const rest = json as unknown as Pick<MatchingState, "archetypeLosses" | "rounds" | "block" | "step" | "curves">;
  return { ...rest, archetypes, images, blockImages, slots: [momentum, variance] };
}
