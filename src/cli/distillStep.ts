import type { DistilledSet } from "../data/DistilledSet.ts";
import { setToSafetensors } from "../data/formats/safetensors.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Distillation, DistillationContext } from "../distill/Distillation.ts";
import { readSet } from "../experiment/attackStage.ts";
import { loadCheckpoint, saveCheckpoint } from "../experiment/checkpointFile.ts";
import type { Work } from "./attackRun.ts";

const SET = "distilled.safetensors";

/** Distil inside a run folder that goes on with other work, with a bar. Finished once, it is read back. */
export async function distillStep(
  work: Work,
  method: Distillation,
  raw: LabelledSet,
  options: Record<string, unknown>,
  context: DistillationContext,
): Promise<{ set: DistilledSet; losses: readonly number[] }> {
  const { run, console, signal } = work;
  const known = (await run.readJson("distill.json")) as { losses: number[] } | undefined;
  if (known) return { set: await readSet(run, SET), losses: known.losses };
  const resume = await loadCheckpoint(run, "distill");
  const losses = resume ? [...resume.arrays.losses] : [];
  const start = performance.now();
  const bar = console.progress("distill", options.iterations as number);
  let set: DistilledSet | undefined;
  for await (const step of method.run(raw, options, { ...context, resume })) {
    if (step.loss !== undefined && losses.length < step.iteration) losses.push(step.loss);
    bar.update(step.iteration, step.loss === undefined ? "" : `loss ${step.loss.toPrecision(4)}`);
    if (signal.aborted) {
      const { json, arrays } = step.checkpoint();
      await saveCheckpoint(run, { json, arrays: { ...arrays, losses: Float32Array.from(losses) } }, "distill");
      bar.end();
      throw signal.reason;
    }
    if (step.iteration === step.total) set = step.set();
  }
  bar.end();
  await run.write(SET, setToSafetensors(set!));
  await run.writeJson("distill.json", { losses });
  work.timings.push({ name: "distillation", seconds: (performance.now() - start) / 1000 });
  return { set: set!, losses };
}
