import type { Device } from "../engine/device.ts";
import type { Network } from "../nn/Network.ts";
import { namedOptimisers } from "../nn/optimiserNames.ts";
import { type Evaluation, type EvaluationPlan, type EvaluationProgress, evaluate } from "../train/evaluate.ts";
import { Learner } from "../train/Learner.ts";
import type { Protocol } from "../train/protocol.ts";
import type { Run } from "./Run.ts";

/** Results of one network, with the name of its architecture. */
export type NetworkEvaluation = Evaluation & { readonly network: string };

export interface EvaluationStage {
  readonly plan: Omit<EvaluationPlan, "protocol">;
  readonly protocol: EvaluationPlan["protocol"];
  /** Lengths of training to measure, each from scratch. */
  readonly epochs: readonly number[];
  readonly network: Network;
  readonly networkName: string;
  readonly device: Device;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** A network with the optimiser of a protocol, ready to be trained. */
export function receiver(network: Network, protocol: Protocol, device: Device): Learner {
  return new Learner(network, namedOptimisers[protocol.optimiser](protocol.momentum, protocol.weightDecay), device);
}

/** Measure receivers inside a run folder: one JSON a network, written when it is done; finished ones are not redone. */
export async function runEvaluationStage(run: Run, stage: EvaluationStage): Promise<NetworkEvaluation[]> {
  const { plan, protocol, network, networkName, device } = stage;
  const learner = receiver(network, protocol, device);
  const total = stage.epochs.length * plan.sets.length * plan.repeats;
  const results: NetworkEvaluation[] = [];
  for (const epochs of stage.epochs) {
    const before = results.length;
    const finished = await stored(run, stage, epochs);
    for await (const { done, result } of evaluate(learner, { ...plan, protocol: { ...protocol, epochs } }, finished)) {
      if (result) {
        const named = { ...result, network: networkName };
        results.push(named);
        if (!finished.includes(result)) await run.writeJson(resultName(networkName, result), named);
      }
      stage.onProgress?.({ done: before + done, total, result });
      if (stage.signal?.aborted) throw stage.signal.reason;
    }
  }
  await learner.release();
  return results;
}

const resultName = (network: string, { set, epochs, seed }: Pick<Evaluation, "set" | "epochs" | "seed">) =>
  `results/${network}-${epochs}-${seed}-${set}.json`;

async function stored(run: Run, stage: EvaluationStage, epochs: number): Promise<Evaluation[]> {
  const found: Evaluation[] = [];
  for (const { name } of stage.plan.sets)
    for (let seed = 0; seed < stage.plan.repeats; seed++) {
      const value = await run.readJson(resultName(stage.networkName, { set: name, epochs, seed }));
      if (value !== undefined) found.push(value as Evaluation);
    }
  return found;
}
