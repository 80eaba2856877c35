import { NumericError } from "../../core/errors.ts";
import { child, type Key } from "../../core/random.ts";
import type { Learner } from "../../train/Learner.ts";
import { type Batch, batchesOf } from "../../train/train.ts";
import type { Parameters } from "./NetworkRepair.ts";

export interface Tuning {
  readonly epochs: number;
  readonly lr: number;
  /** What is shown in an epoch. */
  readonly batchOf: (epoch: number) => Batch;
  /** What holds after every step. */
  readonly after?: (parameters: Parameters) => Parameters;
}

/** Chosen: a few steps an epoch at the sizes of distilled sets. */
const BATCH = 64;

/** Train a network on from where it is, by momentum, at one learning rate. Yields the share that is done. */
export async function* tune(
  learner: Learner,
  start: Parameters,
  { epochs, lr, batchOf, after = (same) => same }: Tuning,
  key: Key,
): AsyncGenerator<number, Parameters> {
  let state = learner.start(start.weights, start.running);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const all = batchOf(epoch);
    const m = all.y.length / learner.network.classes;
    for (const { x, y } of batchesOf(all, m, BATCH, child(key, "order", epoch))) {
      const next = await learner.step(state, x, y, lr);
      if (!Number.isFinite(next.loss))
        throw new NumericError(
          `sanitise: invalid loss: expected a number, got ${next.loss}; a lower learning rate may keep this network from diverging`,
          epoch,
        );
      state = { ...next.state, ...after(next.state) };
    }
    yield (epoch + 1) / epochs;
  }
  return { weights: state.weights, running: state.running };
}
