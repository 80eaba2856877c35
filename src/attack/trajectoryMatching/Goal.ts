import type { Key } from "../../core/random.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import type { LearnerState } from "../../train/Learner.ts";
import type { Grow } from "../common/pool.ts";

/** A few steps of training on X′, and the trigger's pattern as it is. */
export interface TrajectoryEnd {
  readonly architecture: number;
  readonly from: LearnerState;
  readonly reached: LearnerState;
  readonly pattern: { readonly values: Floats; readonly slots: readonly Floats[] };
  /** Adam's numbers for the pattern at this step. */
  readonly hyper: Floats;
  /** Draws this step's carriers. */
  readonly key: Key;
}

export interface GoalGradient {
  /** `loss` is what the images follow; others are parts of it. */
  readonly losses: { readonly loss: number } & Readonly<Record<string, number>>;
  /** ∂loss/∂θ_K. */
  readonly gradient: Tree<Floats>;
  readonly pattern: TrajectoryEnd["pattern"];
  /** Where the network of the pool stands now. */
  readonly next: LearnerState;
}

/** Where training on X′ shall lead. */
export interface Goal {
  /** How a network of the pool comes to its first age. */
  readonly grow: Grow;
  judge(led: TrajectoryEnd): Promise<GoalGradient>;
  close(): Promise<void>;
}
