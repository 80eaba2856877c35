import type { Keep } from "../../core/Keep.ts";
import type { Pace } from "../../core/Pace.ts";
import { child, type Key, key } from "../../core/random.ts";
import type { DsaOperator } from "../../data/augment/dsa.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { plainNormalisation } from "../../data/plainNormalisation.ts";
import { type Floats, initialise } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import type { Learner } from "../../train/Learner.ts";
import { weightArrays, weightTree } from "../common/weightArrays.ts";
import { keptName } from "../teachers/keptName.ts";
import { batchesOf, rawEpoch } from "../teachers/rawTeacher.ts";

/** The weights of a network that learns the raw images, before its first epoch and after each. */
export interface Trajectory {
  readonly weights: readonly Tree<Floats>[];
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
}

export interface ExpertOptions {
  readonly experts: number;
  readonly expertLr: number;
  readonly expertBatch: number;
  readonly expertSeed: number;
  readonly expertRho?: number | undefined;
  readonly expertAlpha?: number | undefined;
  readonly network?: string;
  readonly width: number;
  readonly depth: number;
  readonly norm: string;
  readonly dsa: string;
}

/** An epoch of an expert is done. */
export interface ExpertEpoch {
  /** Epochs done by all. */
  readonly done: number;
  readonly loss: number;
  /** The expert at work, as far as it is. */
  readonly current: Trajectory;
}

/**
 * Networks trained on the raw images by plain SGD at a constant rate (arXiv 2203.11932, buffer.py), one after the other. They follow from
 * the data, their options and `expertSeed`, not from the key of a run: sets share them, and what a `Keep` holds is not trained again.
 */
export class Experts {
  readonly trajectories: Trajectory[] = [];
  private readonly learner: Learner;
  private readonly data: { readonly set: LabelledSet; readonly normalisation: Normalisation };
  private readonly options: ExpertOptions;
  private readonly operators: readonly DsaOperator[];
  private readonly epochs: number;
  private readonly keep: Keep | undefined;
  private readonly steps: Pick<Learner, "step">;

  /**
   * @param learner plain SGD
   * @param steps how the experts learn, where it is not that
   */
  constructor(
    learner: Learner,
    data: Experts["data"],
    options: ExpertOptions,
    operators: readonly DsaOperator[],
    epochs: number,
    keep: Keep | undefined,
    steps: Pick<Learner, "step"> = learner,
  ) {
    this.steps = steps;
    this.learner = learner;
    this.data = data;
    this.options = options;
    this.operators = operators;
    this.epochs = epochs;
    this.keep = keep;
  }

  /** Epochs of all experts together. */
  get total(): number {
    return this.options.experts * this.epochs;
  }

  /**
   * Take those that are kept, and the one that was under way, into `trajectories`.
   *
   * @param done epochs that an earlier process reported
   * @param current the expert that it was at
   * @returns batches that are left to train.
   */
  async begin(done: number, current?: Trajectory): Promise<number> {
    let missing = 0;
    for (let e = 0; e < this.options.experts; e++) {
      let one = await this.begun(e);
      const before = this.before(e, done);
      const halfway = before > 0 && before < this.epochs;
      if (current && halfway && current.losses.length > one.losses.length) one = current;
      this.trajectories.push(one);
      missing += Math.max(0, this.epochs - one.losses.length);
    }
    return missing * batchesOf(this.data.set, this.options.expertBatch);
  }

  /** Train those that are not kept. Epochs that an earlier process reported are not reported again. */
  async *train(done: number, pace?: Pace): AsyncGenerator<ExpertEpoch, void> {
    for (let e = 0; e < this.options.experts; e++) {
      const before = this.before(e, done);
      let one = this.trajectories[e];
      for (let t = 1; t <= this.epochs; t++) {
        if (one.losses.length < t) {
          one = await this.further(one, e, pace);
          this.trajectories[e] = one;
          if (t === this.epochs) await this.keep?.save(this.nameOf(e), saved(one));
        }
        if (t > before) yield { done: e * this.epochs + t, loss: one.losses[t - 1], current: one };
      }
    }
  }

  /** Epochs of an expert among those that were reported. */
  private before(e: number, done: number): number {
    return Math.min(this.epochs, Math.max(0, done - e * this.epochs));
  }

  private async begun(e: number): Promise<Trajectory> {
    const first = initialise(this.learner.network.weights, child(this.keyOf(e), "weights"));
    const kept = await this.keep?.load(this.nameOf(e));
    return kept ? restoredTrajectory(kept.json, kept.arrays, first) : { weights: [first], losses: [] };
  }

  private async further({ weights, losses }: Trajectory, e: number, pace?: Pace): Promise<Trajectory> {
    const { expertBatch: batch, expertLr } = this.options;
    const { set, normalisation } = this.data;
    const stages = this.operators.length > 0 ? [this.operators] : [];
    const from = this.learner.start(weights[weights.length - 1], []);
    const training = { batch, stages, rate: () => expertLr, pace };
    const next = await rawEpoch(this.steps, from, set, normalisation, training, losses.length, this.keyOf(e));
    return { weights: [...weights, next.state.weights], losses: [...losses, next.loss] };
  }

  private keyOf(e: number): Key {
    return child(key(this.options.expertSeed), "expert", e);
  }

  /** All that an expert follows from but the content of the data, which the keeper knows. Not its length: a longer one serves too. */
  private nameOf(e: number): string {
    const {
      expertLr,
      expertBatch,
      expertSeed,
      expertRho,
      expertAlpha,
      network: name,
      width,
      depth,
      norm,
      dsa,
    } = this.options;
    const { set, normalisation } = this.data;
    const network = { name, width, depth, norm, shape: set.shape, classes: set.classes };
    return keptName(this.learner, {
      what: "expert",
      network,
      normalisation: plainNormalisation(normalisation),
      expertLr,
      expertBatch,
      dsa,
      expertSeed,
      ...(expertRho !== undefined && { expertRho, expertAlpha }),
      e,
    });
  }
}

/** As a checkpoint holds it. */
export function saved({ weights, losses }: Trajectory): {
  json: { losses: readonly number[] };
  arrays: Record<string, Floats>;
} {
  return { json: { losses }, arrays: Object.assign({}, ...weights.map((tree, t) => weightArrays(`epoch${t}`, tree))) };
}

/** @param like weights of any network of the kind: shows the structure */
export function restoredTrajectory(
  json: Readonly<Record<string, unknown>>,
  arrays: Readonly<Record<string, Floats>>,
  like: Tree<Floats>,
): Trajectory {
  const losses = json.losses as number[];
  return {
    losses,
    weights: Array.from({ length: losses.length + 1 }, (_, t) => weightTree(`epoch${t}`, arrays, like)!),
  };
}
