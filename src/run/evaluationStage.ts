import { drive } from "../core/drive.ts";
import type { EvaluationOutcome } from "../train/evaluate.ts";
import { type Measured, type MeasurePlan, type MeasureProgress, measure } from "../train/measure.ts";
import type { Run } from "./Run.ts";
import type { ReceiverKeeper } from "./receiverKeeper.ts";
import { Stopwatch } from "./Stopwatch.ts";

export interface EvaluationStage extends Omit<MeasurePlan, "onTrained"> {
  /** Keeps the trained networks; a receiver that is measured and whose network is not there is trained again. */
  readonly keeper?: ReceiverKeeper;
  readonly onProgress?: (progress: MeasureProgress) => void;
}

/**
 * Measure receivers inside a run folder: one JSON a network, written when it is done or has diverged; finished ones are not redone.
 *
 * @throws the signal's reason after Ctrl-C, at the next epoch or block of test images.
 */
export async function runEvaluationStage(
  run: Run,
  { onProgress, keeper, ...plan }: EvaluationStage,
): Promise<Measured> {
  const watch = await Stopwatch.start(run, "evaluation");
  const finished = new Set<string>();
  const known = async (network: string, epochs: number) => {
    const found = (await stored(run, plan, network, epochs)).filter((one) => keeper?.has(network, one) ?? true);
    for (const outcome of found) finished.add(resultName(network, outcome));
    return found;
  };
  const save = async (outcome: MeasureProgress["outcome"]) => {
    const name = outcome && resultName(outcome.network, outcome);
    if (!name || finished.has(name)) return;
    await run.writeJson(name, outcome);
    await watch.save();
  };
  return drive(measure({ ...plan, ...(keeper && { onTrained: keeper.save }) }, known, onProgress), {
    signal: plan.signal,
    async onProgress(progress) {
      await save(progress.outcome);
      onProgress?.(progress);
    },
  });
}

const resultName = (network: string, { set, epochs, seed }: Pick<EvaluationOutcome, "set" | "epochs" | "seed">) =>
  `results/${network}-${epochs}-${seed}-${set}.json`;

async function stored(run: Run, plan: MeasurePlan, network: string, epochs: number): Promise<EvaluationOutcome[]> {
  const found: EvaluationOutcome[] = [];
  for (const { name } of plan.sets)
    for (let seed = 0; seed < plan.repeats; seed++) {
      const value = await run.readJson(resultName(network, { set: name, epochs, seed }));
      if (value !== undefined) found.push(value as EvaluationOutcome);
    }
  return found;
}
