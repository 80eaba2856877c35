import type { Run } from "./Run.ts";

/**
 * Wall time of a step of a run, over all the processes that worked on it. It is saved with the step's checkpoints, so that work
 * that was lost with a process, and is done again, counts once.
 */
export class Stopwatch {
  private readonly run: Run;
  private readonly step: string;
  private readonly before: number;
  private readonly began = performance.now();

  private constructor(run: Run, step: string, before: number) {
    this.run = run;
    this.step = step;
    this.before = before;
  }

  /** Go on from what earlier processes saved. */
  static async start(run: Run, step: string): Promise<Stopwatch> {
    return new Stopwatch(run, step, await secondsOf(run, step));
  }

  save(): Promise<void> {
    return this.run.writeJson(fileOf(this.step), { seconds: this.before + (performance.now() - this.began) / 1000 });
  }
}

/** Seconds that went into a step so far; 0 before anything was saved. */
export async function secondsOf(run: Run, step: string): Promise<number> {
  const known = (await run.readJson(fileOf(step))) as { seconds: number } | undefined;
  return known?.seconds ?? 0;
}

const fileOf = (step: string) => `timing/${step}.json`;
