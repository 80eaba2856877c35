import type * as z from "zod";
import type { Key } from "../../core/random.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";
import type { RepairTarget } from "../RepairTarget.ts";

/** Weights and statistics of a network that is repaired. */
export type Parameters = Pick<LearnerState, "weights" | "running">;

/** What there is to teach a network with: no raw data, and of the set what carries nothing that was found. */
export interface TuningData {
  /** The set's pictures, painted over at the place in the images that carry a found trigger: [M, C, H, W]. */
  readonly pixels: Floats;
  readonly shape: ImageShape;
  /** Their target probabilities, [M, K]. */
  readonly targets: Floats;
  /** Class of each. */
  readonly labels: Int32Array;
  /** Pictures that are none of the set and have no labels: [P, C, H, W]. */
  readonly carriers: Floats;
  /** From pictures to what the network sees. */
  readonly seen: (pixels: Floats) => Floats;
}

export interface NetworkRepairContext {
  readonly learner: Learner;
  readonly key: Key;
}

/** A network after a repair, and what is worth telling of it: `{ pruned: 9, of: 32 }`. */
export interface RepairedNetwork {
  readonly parameters: Parameters;
  readonly said: Readonly<Record<string, number>>;
}

/** One repair of a trained network: one file and one line in networkRepairs.ts. */
export interface NetworkRepair<S extends z.ZodObject = z.ZodObject> {
  readonly title: string;
  /** Where it comes from. */
  readonly source: string;
  readonly options: S;
  /** Yields the share of the work that is done. A pure function of its arguments. */
  run(
    parameters: Parameters,
    data: TuningData,
    findings: readonly RepairTarget[],
    options: z.infer<S>,
    context: NetworkRepairContext,
  ): AsyncGenerator<number, RepairedNetwork>;
}

/** Describe a repair of networks. Does nothing but check types: `run` knows the options by their schema. */
export const defineNetworkRepair = <S extends z.ZodObject>(describe: NetworkRepair<S>): NetworkRepair<S> => describe;
