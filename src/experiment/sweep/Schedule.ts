import type { PlannedTrial } from "../plan/TrialConfig.ts";
import { trialStages } from "../plan/trialStages.ts";
import { learnerKey } from "./learnerKey.ts";

type Work = Pick<PlannedTrial, "id" | "config">;

interface Waiting<T> {
  readonly trial: T;
  readonly stages: readonly string[];
  /** The network it compiles. */
  readonly learner: string;
}

/**
 * Which trial a process gets next: none whose shared stage somebody is just computing, and rather one whose network it has
 * compiled already. The order decides how long a sweep takes and nothing else.
 */
export class Schedule<T extends Work> {
  private readonly waiting: Waiting<T>[];
  /** Stage → trial that is computing it. */
  private readonly held = new Map<string, string>();
  private readonly done = new Set<string>();
  /** Process → the network of its last trial. */
  private readonly compiled = new Map<number, string>();

  constructor(trials: readonly T[]) {
    this.waiting = trials.map(waiting);
  }

  get left(): number {
    return this.waiting.length;
  }

  /**
   * The first trial in the order of the plan with the network of the process's last one; if there is none, the first with a network
   * that no other process has; if there is none, the first of all.
   *
   * @param process its number.
   * @returns undefined while every trial that is left waits for a stage.
   */
  next(process: number): T | undefined {
    const own = this.compiled.get(process);
    const others = new Set([...this.compiled].filter(([other]) => other !== process).map(([, learner]) => learner));
    const preferences: ((learner: string) => boolean)[] = [
      (learner) => learner === own,
      (learner) => !others.has(learner),
      () => true,
    ];
    for (const suits of preferences) {
      const at = this.waiting.findIndex(
        ({ stages, learner }) => suits(learner) && !stages.some((key) => this.held.has(key)),
      );
      if (at >= 0) return this.take(at, process);
    }
    return undefined;
  }

  private take(at: number, process: number): T {
    const [{ trial, stages, learner }] = this.waiting.splice(at, 1);
    for (const key of stages) if (!this.done.has(key)) this.held.set(key, trial.id);
    this.compiled.set(process, learner);
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

  /** Run a trial again: before its equals. */
  again(trial: T): void {
    this.release(trial);
    this.waiting.unshift(waiting(trial));
  }
}

const waiting = <T extends Work>(trial: T): Waiting<T> => ({
  trial,
  stages: Object.values(trialStages(trial.config)),
  learner: learnerKey(trial.config),
});
