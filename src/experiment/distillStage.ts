import type { DistilledSet } from "../data/DistilledSet.ts";
import { setToSafetensors } from "../data/formats/safetensors.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Distillation, DistillationContext, DistillationStep } from "../distill/Distillation.ts";
import { readSet } from "./attackStage.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpointFile.ts";
import type { Run } from "./Run.ts";

const SET = "distilled.safetensors";

export interface DistillStage {
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: DistillationStep) => void;
}

export interface Distilled {
  readonly set: DistilledSet;
  readonly losses: readonly number[];
}

/**
 * Distil inside a run folder that goes on with other work: resumed where it was stopped, read back once it is finished.
 *
 * @throws the signal's reason after Ctrl-C, with a checkpoint saved.
 */
export async function runDistillStage(
  run: Run,
  method: Distillation,
  raw: LabelledSet,
  options: Record<string, unknown>,
  context: DistillationContext,
  stage: DistillStage = {},
): Promise<Distilled> {
  const finished = await loadDistillation(run);
  if (finished) return finished;
  const resume = await loadCheckpoint(run, "distill");
  const losses = resume ? [...resume.arrays.losses] : [];
  let set: DistilledSet | undefined;
  for await (const step of method.run(raw, options, { ...context, resume })) {
    if (step.loss !== undefined && losses.length < step.iteration) losses.push(step.loss);
    stage.onProgress?.(step);
    if (stage.signal?.aborted) {
      const { json, arrays } = step.checkpoint();
      await saveCheckpoint(run, { json, arrays: { ...arrays, losses: Float32Array.from(losses) } }, "distill");
      throw stage.signal.reason;
    }
    if (step.iteration === step.total) set = step.set();
  }
  await run.write(SET, setToSafetensors(set!));
  await run.writeJson("distill.json", { losses });
  return { set: set!, losses };
}

/** Read back what a finished distillation left; undefined before it is finished. */
export async function loadDistillation(run: Run): Promise<Distilled | undefined> {
  const known = (await run.readJson("distill.json")) as { losses: number[] } | undefined;
  return known && { set: await readSet(run, SET), losses: known.losses };
}
