import { NumericError } from "../core/errors.ts";
import { child, type Key, permutation } from "../core/random.ts";
import { augment } from "../data/augment/augment.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { type Floats, initialise } from "../nn/Network.ts";
import type { Learner, LearnerState } from "./Learner.ts";
import { augmentationOf, type Protocol, schedule } from "./protocol.ts";
import { targetsOf } from "./targets.ts";

export interface Trained {
  readonly state: LearnerState;
  /** Mean training loss of each epoch. */
  readonly losses: readonly number[];
}

/**
 * Train a fresh network on a distilled set: the one training loop.
 *
 * Initial weights and the order of the images are functions of `key` alone, so that the same key compares two sets fairly.
 *
 * @throws NumericError when the loss is no longer a number.
 */
export async function train(
  learner: Learner,
  set: DistilledSet,
  protocol: Protocol,
  key: Key,
  onEpoch?: (epoch: number) => void | Promise<void>,
): Promise<Trained> {
  const { network } = learner;
  let state = learner.start(
    initialise(network.weights, child(key, "weights")),
    initialise(network.running, child(key, "running")),
  );
  const y = targetsOf(set);
  const losses: number[] = [];
  const draw = augmentationOf(protocol);
  const [, c, h, w] = set.shape;
  const changed = (x: Floats, n: number, stepKey: Key) =>
    draw ? augment(x, [n, c, h, w], draw(stepKey, { images: n, height: h, width: w })) : x;
  for (let epoch = 0; epoch < protocol.epochs; epoch++) {
    const { lr, fresh } = schedule(protocol, epoch);
    if (fresh) state = { ...state, slots: learner.freshSlots(state.weights), step: 0 };
    let total = 0;
    const batches = batchesOf(set, y, protocol.batch, child(key, "order", epoch));
    for (const [i, batch] of batches.entries()) {
      const x = changed(batch.x, batch.y.length / set.classes, child(key, "augmentation", epoch, i));
      const result = await learner.step(state, x, batch.y, lr);
      state = result.state;
      total += result.loss / batches.length;
    }
    if (!Number.isFinite(total)) throw new NumericError(`train: invalid loss: expected a number, got ${total}`, epoch);
    losses.push(total);
    await onEpoch?.(epoch);
  }
  return { state, losses };
}

/** The whole set when it fits into one batch (no copy), otherwise shuffled batches; the last may be short. */
function batchesOf(set: DistilledSet, y: Floats, size: number, key: Key): { x: Floats; y: Floats }[] {
  const m = set.shape[0];
  if (m <= size) return [{ x: set.images, y }];
  const order = permutation(key, m);
  const batches: { x: Floats; y: Floats }[] = [];
  for (let from = 0; from < m; from += size) {
    const rows = order.subarray(from, Math.min(m, from + size));
    batches.push({ x: takeRows(set.images, m, rows), y: takeRows(y, m, rows) });
  }
  return batches;
}

/** Rows of an [M, …] array. */
export function takeRows(data: Floats, m: number, rows: Int32Array): Floats {
  const width = data.length / m;
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}
