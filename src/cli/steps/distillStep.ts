import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Distillation, DistillationContext } from "../../distill/Distillation.ts";
import { type Distilled, runDistillStage } from "../../run/distillStage.ts";
import { StepClock } from "../../run/StepClock.ts";
import { timing, type Work } from "./attackRun.ts";
import { sheetWriter } from "./sheetWriter.ts";

/** Distil inside a run folder, with a bar and a contact sheet every so often. Finished once, it is read back. */
export async function distilled(
  { run, console, signal, sheetEvery = 30 }: Pick<Work, "run" | "console" | "signal"> & { sheetEvery?: number },
  ...[method, raw, options, context]: [Distillation, LabelledSet, Record<string, unknown>, DistillationContext]
): Promise<Distilled> {
  let bar: ReturnType<typeof console.progress> | undefined;
  let [at, note] = [0, ""];
  const pace = new StepClock({
    onBegin(done, total) {
      at = done;
      bar = console.progress("distill", total);
    },
    onStep: () => bar?.update(at, note, pace.secondsLeft()),
  });
  const draw = sheetWriter(run, sheetEvery);
  return runDistillStage(
    run,
    method,
    raw,
    options,
    { ...context, pace },
    {
      signal,
      async onProgress(step) {
        const { iteration, total, loss } = step;
        [at, note] = [iteration, loss === undefined ? "" : `loss ${loss.toPrecision(4)}`];
        bar ??= console.progress("distill", total);
        bar.update(at, note, pace.secondsLeft());
        await draw(() => step.set(), iteration === total);
      },
    },
  ).finally(() => bar?.end());
}

/** The same as one of several steps of a command, timed. */
export async function distillStep(work: Work, ...what: Tail<Parameters<typeof distilled>>): Promise<Distilled> {
  const made = await distilled(work, ...what);
  work.timings.push(await timing(work.run, "distillation"));
  return made;
}

type Tail<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;
