import type { PlannedTrial } from "../plan/TrialConfig.ts";
import { trialStages } from "./trialStages.ts";

type Work = Pick<PlannedTrial, "id" | "config">;

/** Which trial comes next: in the order of the plan, but none whose shared stage somebody is just computing. */
export class Schedule<T extends Work> {
  private readonly waiting: { trial: T; stages: readonly string[] }[];
  /** Stage → trial that is computing it. */
  private readonly held = new Map<string, string>();
  private readonly done = new Set<string>();

  constructor(trials: readonly T[]) {
    this.waiting = trials.map((trial) => ({ trial, stages: Object.values(trialStages(trial.config)) }));
  }

  get left(): number {
    return this.waiting.length;
  }

  /** @returns undefined while every trial that is left waits for a stage. */
  next(): T | undefined {
    const at = this.waiting.findIndex(({ stages }) => !stages.some((key) => this.held.has(key)));
    if (at < 0) return undefined;
    const [{ trial, stages }] = this.waiting.splice(at, 1);
    for (const key of stages) if (!this.done.has(key)) this.held.set(key, trial.id);
    return trial;
  }

  /** A stage is stored: everybody may use it. */
  finishStage(key: string): void {
    this.done.add(key);
    this.held.delete(key);
  }

  /** A trial ended, however it did: what it held is free. */
  release(trial: T): void {
    for (const [key, id] of this.held) if (id === trial.id) this.held.delete(key);
  }

  /** Run a trial again: first of all. */
  again(trial: T): void {
    this.release(trial);
    this.waiting.unshift({ trial, stages: Object.values(trialStages(trial.config)) });
  }
}
