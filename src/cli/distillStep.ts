import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Distillation, DistillationContext } from "../distill/Distillation.ts";
import { type Distilled, runDistillStage } from "../experiment/distillStage.ts";
import { timing, type Work } from "./attackRun.ts";

/** Distil inside a run folder that goes on with other work, with a bar. Finished once, it is read back. */
export async function distillStep(
  work: Work,
  method: Distillation,
  raw: LabelledSet,
  options: Record<string, unknown>,
  context: DistillationContext,
): Promise<Distilled> {
  const { run, console, signal } = work;
  const start = performance.now() / 1000;
  const bar = console.progress("distill", options.iterations as number);
  const made = await runDistillStage(run, method, raw, options, context, {
    signal,
    onProgress: ({ iteration, loss }) => bar.update(iteration, loss === undefined ? "" : `loss ${loss.toPrecision(4)}`),
  }).finally(() => bar.end());
  work.timings.push(timing("distillation", start));
  return made;
}
