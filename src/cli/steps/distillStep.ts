import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Distillation, DistillationContext } from "../../distill/Distillation.ts";
import { type Distilled, runDistillStage } from "../../run/distillStage.ts";
import { timing, type Work } from "./attackRun.ts";

/** Distil inside a run folder, with a bar. Finished once, it is read back. */
export async function distilled(
  { run, console, signal }: Pick<Work, "run" | "console" | "signal">,
  ...[method, raw, options, context]: [Distillation, LabelledSet, Record<string, unknown>, DistillationContext]
): Promise<Distilled> {
  let bar: ReturnType<typeof console.progress> | undefined;
  return runDistillStage(run, method, raw, options, context, {
    signal,
    onProgress({ iteration, total, loss }) {
      bar ??= console.progress("distill", total);
      bar.update(iteration, loss === undefined ? "" : `loss ${loss.toPrecision(4)}`);
    },
  }).finally(() => bar?.end());
}

/** The same as one of several steps of a command, timed. */
export async function distillStep(work: Work, ...what: Tail<Parameters<typeof distilled>>): Promise<Distilled> {
  const made = await distilled(work, ...what);
  work.timings.push(await timing(work.run, "distillation"));
  return made;
}

type Tail<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;
