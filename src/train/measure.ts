import type { Device } from "../engine/device.ts";
import type { Network } from "../nn/Network.ts";
import {
  type Diverged,
  type Evaluation,
  type EvaluationOutcome,
  type EvaluationPlan,
  evaluate,
  hasDiverged,
  type TrainedReceiver,
} from "./evaluate.ts";
import { type GivenTeacher, learnerFor } from "./learnerFor.ts";

/** Results of one network, with the name of its architecture. */
export type NetworkEvaluation = Evaluation & { readonly network: string };
export type NetworkDiverged = Diverged & { readonly network: string };
export type NetworkOutcome = NetworkEvaluation | NetworkDiverged;

/** What came of all networks. */
export interface Measured {
  readonly evaluations: readonly NetworkEvaluation[];
  /** Networks of which nothing could be measured. */
  readonly diverged: readonly NetworkDiverged[];
}

/** Networks that are done apart from those that have diverged. */
export const measuredOf = (outcomes: readonly NetworkOutcome[]): Measured => ({
  evaluations: outcomes.filter((one): one is NetworkEvaluation => !hasDiverged(one)),
  diverged: outcomes.filter((one): one is NetworkDiverged => hasDiverged(one)),
});

export interface MeasurePlan extends Omit<EvaluationPlan, "divergence" | "onWork" | "onTrained"> {
  /** Architectures by the names that results carry. */
  readonly networks: Readonly<Record<string, Network>>;
  /** Lengths of training to measure, each from scratch, in place of the protocol's. */
  readonly epochs: readonly number[];
  readonly device: Device;
  /** Teacher of the raw images, where the protocol wants one. */
  readonly teacher?: GivenTeacher;
  /** Told of every network after its training, and waited for. */
  readonly onTrained?: (trained: TrainedReceiver & { readonly network: string }) => Promise<void>;
  /** Heard after every epoch and every block of test images. */
  readonly signal?: AbortSignal;
}

export interface MeasureProgress {
  /** Networks done, parts of one included, and to do. */
  readonly done: number;
  readonly total: number;
  readonly outcome?: NetworkOutcome;
}

/**
 * Train receivers of every architecture and length on each set and measure them. Yields every outcome as it comes; what
 * `known` has is not measured again.
 *
 * @param onPart told of progress within a network.
 * @throws the signal's reason once it is aborted.
 */
export async function* measure(
  { networks, epochs, device, teacher, signal, onTrained, ...plan }: MeasurePlan,
  known: (network: string, epochs: number) => Promise<readonly EvaluationOutcome[]> = async () => [],
  onPart?: (progress: MeasureProgress) => void,
): AsyncGenerator<MeasureProgress, Measured> {
  const total = Object.keys(networks).length * epochs.length * plan.sets.length * plan.repeats;
  const outcomes: NetworkOutcome[] = [];
  for (const [network, definition] of Object.entries(networks)) {
    await using learner = learnerFor(definition, plan.protocol, device, teacher);
    for (const length of epochs) {
      const before = outcomes.length;
      const onWork = (share: number) => {
        signal?.throwIfAborted();
        onPart?.({ done: outcomes.length + share, total });
      };
      const one = {
        ...{ ...plan, protocol: { ...plan.protocol, epochs: length }, divergence: "outcome" as const, onWork },
        ...(onTrained && { onTrained: (trained: TrainedReceiver) => onTrained({ ...trained, network }) }),
      };
      for await (const { done, result, diverged } of evaluate(learner, one, await known(network, length))) {
        const found = result ?? diverged;
        const outcome = found && { ...found, network };
        if (outcome) outcomes.push(outcome);
        yield { done: before + done, total, ...(outcome && { outcome }) };
      }
    }
  }
  return measuredOf(outcomes);
}
