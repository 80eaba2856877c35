import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Distillation, DistillationContext, DistillationStep } from "../../distill/Distillation.ts";
import { distillPace } from "../../run/distillPace.ts";
import { type Distilled, runDistillStage } from "../../run/distillStage.ts";
import { timing, type Work } from "./attackRun.ts";
import { sheetWriter } from "./sheetWriter.ts";

/** Distil inside a run folder, with a bar and a contact sheet every so often. Finished once, it is read back. */
export async function distilled(
  { run, console, signal, sheetEvery = 30 }: Pick<Work, "run" | "console" | "signal"> & { sheetEvery?: number },
  ...[method, raw, options, context]: [Distillation, LabelledSet, Record<string, unknown>, DistillationContext]
): Promise<Distilled> {
  let bar: ReturnType<typeof console.progress> | undefined;
  const { pace, onProgress } = distillPace(({ done, total, loss, seconds }) => {
    bar ??= console.progress("distill", total);
    bar.update(done, loss === undefined ? "" : `loss ${loss.toPrecision(4)}`, seconds);
  });
  const draw = sheetWriter(run, sheetEvery);
  const stage = {
    signal,
    async onProgress(step: DistillationStep) {
      onProgress(step);
      await draw(() => step.set(), step.iteration === step.total);
    },
  };
  return runDistillStage(run, method, raw, options, { ...context, pace }, stage).finally(() => bar?.end());
}

/** The same as one of several steps of a command, timed. */
export async function distillStep(work: Work, ...what: Tail<Parameters<typeof distilled>>): Promise<Distilled> {
  const made = await distilled(work, ...what);
  work.timings.push(await timing(work.run, "distillation"));
  return made;
}

type Tail<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;
