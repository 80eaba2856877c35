import type { Device } from "../engine/device.ts";
import type { Network } from "../nn/Network.ts";
import {
  type Diverged,
  type Evaluation,
  type EvaluationPlan,
  type EvaluationProgress,
  evaluate,
  hasDiverged,
  type Outcome,
} from "../train/evaluate.ts";
import type { Learner } from "../train/Learner.ts";
import { learnerFor } from "../train/learnerFor.ts";
import type { Run } from "./Run.ts";
import { Stopwatch } from "./Stopwatch.ts";

/** Results of one network, with the name of its architecture. */
export type NetworkEvaluation = Evaluation & { readonly network: string };
export type NetworkDiverged = Diverged & { readonly network: string };

type NetworkOutcome = NetworkEvaluation | NetworkDiverged;

/** What came of all networks. */
export interface Measured {
  readonly evaluations: readonly NetworkEvaluation[];
  /** Networks of which nothing could be measured. */
  readonly diverged: readonly NetworkDiverged[];
}

export interface EvaluationStage {
  readonly plan: Omit<EvaluationPlan, "protocol" | "onWork" | "divergence">;
  readonly protocol: EvaluationPlan["protocol"];
  /** Lengths of training to measure, each from scratch. */
  readonly epochs: readonly number[];
  /** By the names that results carry. */
  readonly networks: Readonly<Record<string, Network>>;
  readonly device: Device;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/**
 * Measure receivers inside a run folder: one JSON a network, written when it is done or has diverged; finished ones are not redone.
 *
 * @throws the signal's reason after Ctrl-C, at the next epoch or block of test images.
 */
export async function runEvaluationStage(run: Run, stage: EvaluationStage): Promise<Measured> {
  const results: NetworkOutcome[] = [];
  const watch = await Stopwatch.start(run, "evaluation");
  for (const [name, network] of Object.entries(stage.networks)) {
    await using learner = learnerFor(network, stage.protocol, stage.device);
    for (const epochs of stage.epochs)
      results.push(...(await evaluateNetwork(run, watch, stage, learner, name, epochs, results.length)));
  }
  return {
    evaluations: results.filter((one): one is NetworkEvaluation => !hasDiverged(one)),
    diverged: results.filter((one): one is NetworkDiverged => hasDiverged(one)),
  };
}

/** Every set and seed for one network and one length of training; `before` results were measured earlier. */
async function evaluateNetwork(
  run: Run,
  watch: Stopwatch,
  stage: EvaluationStage,
  learner: Learner,
  network: string,
  epochs: number,
  before: number,
): Promise<NetworkOutcome[]> {
  const total = Object.keys(stage.networks).length * stage.epochs.length * stage.plan.sets.length * stage.plan.repeats;
  const finished = await stored(run, stage, network, epochs);
  const results: NetworkOutcome[] = [];
  const plan = {
    ...stage.plan,
    divergence: "outcome" as const,
    protocol: { ...stage.protocol, epochs },
    onWork(share: number) {
      stage.signal?.throwIfAborted();
      stage.onProgress?.({ done: before + results.length + share, total });
    },
  };
  for await (const { done, result, diverged } of evaluate(learner, plan, finished)) {
    const outcome = result ?? diverged;
    if (outcome) {
      const named = { ...outcome, network };
      results.push(named);
      if (!finished.includes(outcome)) {
        await run.writeJson(resultName(network, outcome), named);
        await watch.save();
      }
    }
    stage.onProgress?.({ done: before + done, total, result, diverged });
    if (stage.signal?.aborted) throw stage.signal.reason;
  }
  return results;
}

const resultName = (network: string, { set, epochs, seed }: Pick<Outcome, "set" | "epochs" | "seed">) =>
  `results/${network}-${epochs}-${seed}-${set}.json`;

async function stored(run: Run, stage: EvaluationStage, network: string, epochs: number): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for (const { name } of stage.plan.sets)
    for (let seed = 0; seed < stage.plan.repeats; seed++) {
      const value = await run.readJson(resultName(network, { set: name, epochs, seed }));
      if (value !== undefined) found.push(value as Outcome);
    }
  return found;
}
