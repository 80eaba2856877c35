import type { Checkpoint } from "../../core/checkpoint.ts";
import { NumericError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { checkResume, type DistillationRecord, type DistillationStep, fingerprint } from "../Distillation.ts";

/** One step is done. */
export interface Stepped<S> {
  /** What the step met before its update. */
  readonly loss: number;
  /** All that later steps, the set and a checkpoint need. Never changed after. */
  readonly state: S;
  /** What may help where the loss is no number: "a lower lrImg". */
  readonly advice: string;
}

/** What a method is beyond the loop that all share. */
export interface Steps<S> {
  readonly total: number;
  /** Of these, epochs of teachers, which come first; the clock is told of them batch by batch where they are done. */
  readonly epochs?: number;
  /** The set as it stands. */
  set(state: S, step: number): DistilledSet;
  /** What a checkpoint holds beside step and loss. */
  save(state: S, step: number): Pick<Checkpoint, "json" | "arrays">;
  /** The state that the checkpoint of a finished run holds. */
  finished(checkpoint: Checkpoint): S | Promise<S>;
  /** The steps after `done`, from a checkpoint if there is one. Compiles, and holds what it compiles while it runs. */
  steps(done: number, checkpoint: Checkpoint | undefined): AsyncGenerator<Stepped<S>, void>;
}

/**
 * Run a method step by step: refuse the checkpoint of another run, yield the last step again where nothing is left to do, stop
 * at a loss that is no number, and give every step its set and its checkpoint.
 */
export async function* reportSteps<S>(
  record: DistillationRecord,
  { total, epochs = 0, set, save, finished, steps }: Steps<S>,
): AsyncGenerator<DistillationStep, void> {
  const { resume, pace } = record.context;
  if (resume) checkResume(record, resume);
  const report = (step: number, loss: number, state: S): DistillationStep => ({
    iteration: step,
    total,
    loss,
    set: () => set(state, step),
    checkpoint: () => {
      const { json, arrays } = save(state, step);
      return { json: { ...json, run: fingerprint(record), step, loss }, arrays };
    },
  });
  let done = resume ? stepOf(resume) : 0;
  if (resume && done === total) {
    yield report(done, resume.json.loss as number, await finished(resume));
    return;
  }
  pace?.begin(done, total);
  pace?.ahead("update", total - Math.max(done, epochs));
  for await (const { loss, state, advice } of steps(done, resume)) {
    if (!Number.isFinite(loss))
      throw new NumericError(
        `${record.method}: invalid loss: expected a number, got ${loss}; ${advice} may help`,
        done,
      );
    done++;
    if (done > epochs) pace?.done("update");
    yield report(done, loss, state);
  }
}

/** Steps that were done. Older versions wrote another name in some methods. */
const stepOf = ({ json: { step, iteration, update } }: Checkpoint): number => (step ?? iteration ?? update) as number;
