import { type Floats, isFloats } from "../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../tensor/tree.ts";
import type { LearnerState } from "./Learner.ts";

type Measured = Pick<LearnerState, "weights" | "running">;

/**
 * Exponential moving average of the weights and of the running statistics, θ̄ ← d θ̄ + (1 − d) θ after each step, from the
 * initial weights on. In step t = 1, 2, … d is min(decay, (1 + t) / (10 + t)), so that short trainings forget their
 * beginning (as TensorFlow's ExponentialMovingAverage does with `num_updates`).
 */
export class WeightAverage {
  private readonly decay: number;
  private readonly mean: Measured;
  private steps = 0;

  constructor(decay: number, { weights, running }: Measured) {
    this.decay = decay;
    this.mean = { weights: copy(weights), running: copy(running) };
  }

  add(state: Measured): void {
    this.steps++;
    const d = Math.min(this.decay, (1 + this.steps) / (10 + this.steps));
    move(this.mean.weights, state.weights, d);
    move(this.mean.running, state.running, d);
  }

  /** `state` with the averages in place of its weights and statistics. */
  of(state: LearnerState): LearnerState {
    return { ...state, ...this.mean };
  }
}

const copy = (tree: Tree<Floats>): Tree<Floats> =>
  rebuild(
    tree,
    isFloats,
    leaves<Floats>(tree, isFloats).map((p) => p.slice()),
  );

function move(mean: Tree<Floats>, now: Tree<Floats>, d: number): void {
  const next = leaves<Floats>(now, isFloats);
  leaves<Floats>(mean, isFloats).forEach((m, i) => {
    const p = next[i];
    for (let j = 0; j < m.length; j++) m[j] = d * m[j] + (1 - d) * p[j];
  });
}
