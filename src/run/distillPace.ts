import type { Pace } from "../core/Pace.ts";
import type { DistillationStep } from "../distill/Distillation.ts";
import { StepClock } from "./StepClock.ts";

/** How far a distillation is. */
export interface DistillPace {
  readonly done: number;
  readonly total: number;
  readonly loss?: number;
  /** Seconds that the rest takes; undefined until that is known. */
  readonly seconds?: number;
}

/**
 * A clock for a distillation and a listener for its iterations, which tell alike: methods that train networks first make no iteration
 * for a long time, but their clock ticks.
 */
export function distillPace(tell: (pace: DistillPace) => void): {
  readonly pace: Pace;
  readonly onProgress: (step: Pick<DistillationStep, "iteration" | "total" | "loss">) => void;
} {
  let at: Omit<DistillPace, "seconds"> = { done: 0, total: 0 };
  const say = () => tell({ ...at, seconds: clock.secondsLeft() });
  const clock = new StepClock({
    onBegin(done, total) {
      at = { done, total };
      say();
    },
    onStep: say,
  });
  return {
    pace: clock,
    onProgress({ iteration, total, loss }) {
      at = { done: iteration, total, loss };
      say();
    },
  };
}
