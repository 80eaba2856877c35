import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { WhiteningHooks } from "../disk/whitening/namedWhitening.ts";
import type { Distillation, DistillationContext, DistillationStep } from "../distill/Distillation.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpointFile.ts";
import type { Run } from "./Run.ts";
import { areWhole, readSet, type SetDigests, writeSets } from "./runSets.ts";
import { Stopwatch } from "./Stopwatch.ts";

const SET = "distilled.safetensors";

export interface DistillStage {
  readonly signal?: AbortSignal;
  /** Waited for. */
  readonly onProgress?: (step: DistillationStep) => void | Promise<void>;
  /** Seconds between checkpoints. Chosen: losing five seconds hurts nobody. */
  readonly checkpointEvery?: number;
  /** Hear of a whitening that has to be fitted before a finished set can be read. */
  readonly whitening?: WhiteningHooks;
}

export interface Distilled {
  readonly set: DistilledSet;
  /** One an iteration; none of methods without. */
  readonly losses: readonly number[];
  readonly iterations: number;
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
  const finished = await loadDistillation(run, stage.whitening);
  if (finished) return finished;
  const resume = await loadCheckpoint(run, "distill");
  const losses = resume ? [...resume.arrays.losses] : [];
  let last: DistillationStep | undefined;
  const watch = await Stopwatch.start(run, "distillation");
  let saved = performance.now();
  for await (const step of method.run(raw, options, { ...context, resume })) {
    if (step.loss !== undefined && losses.length < step.iteration) losses.push(Math.fround(step.loss)); // as a checkpoint holds it
    await stage.onProgress?.(step);
    const due = performance.now() - saved > 1000 * (stage.checkpointEvery ?? 5);
    if (stage.signal?.aborted || due) {
      const { json, arrays } = step.checkpoint();
      await saveCheckpoint(run, { json, arrays: { ...arrays, losses: Float32Array.from(losses) } }, "distill");
      await watch.save();
      saved = performance.now();
    }
    if (stage.signal?.aborted) {
      await run.log("interrupt", { iteration: step.iteration });
      throw stage.signal.reason;
    }
    last = step;
  }
  const [set, iterations] = [last!.set(), last!.iteration];
  await watch.save();
  const sets = await writeSets(run, { [SET]: set });
  await run.writeJson("distill.json", { iterations, losses, sets });
  return { set, iterations, losses };
}

/** Read back what a finished distillation left; undefined before it is finished, or where a part of it was damaged and set aside. */
export async function loadDistillation(run: Run, hooks: WhiteningHooks = {}): Promise<Distilled | undefined> {
  const known = (await run.readJson("distill.json")) as (Omit<Distilled, "set"> & { sets?: SetDigests }) | undefined;
  if (!known || !(await areWhole(run, [SET], known.sets))) return undefined;
  const { iterations, losses } = known;
  return { set: await readSet(run, SET, hooks), iterations, losses };
}
