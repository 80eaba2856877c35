import type { Pace } from "../../core/Pace.ts";
import { child, type Key, permutation } from "../../core/random.ts";
import { augmentBatch, type Stage } from "../../data/augment/stages.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";

/** How a network is trained on raw images. */
export interface RawTraining {
  readonly batch: number;
  /** What happens to a batch; DSA operators with numbers of each image's own. */
  readonly stages: readonly Stage[];
  /** Learning rate of an epoch. */
  rate(epoch: number): number;
  /** Told of every batch. */
  readonly pace?: Pace;
}

/** Batches of an epoch. */
export const batchesOf = ({ shape: [images] }: LabelledSet, batch: number): number =>
  Math.floor(images / Math.min(batch, images));

/** From `lr` to almost nothing along half a cosine. */
export const cosineRate =
  (lr: number, epochs: number) =>
  (epoch: number): number =>
    (lr / 2) * (1 + Math.cos((Math.PI * epoch) / epochs));

/**
 * Train a network for one epoch on raw images. Images that do not fill a last batch are left out.
 *
 * @returns the state after it and the mean loss.
 */
export async function rawEpoch(
  learner: Pick<Learner, "step">,
  state: LearnerState,
  set: LabelledSet,
  normalisation: Normalisation,
  { batch, stages, rate, pace }: RawTraining,
  epoch: number,
  key: Key,
): Promise<{ state: LearnerState; loss: number }> {
  const [images, c, h, w] = set.shape;
  const n = Math.min(batch, images);
  const order = permutation(child(key, "order", epoch), images);
  const lr = rate(epoch);
  const steps = batchesOf(set, batch);
  let [now, loss] = [state, 0];
  for (let i = 0; i < steps; i++) {
    const rows = order.subarray(i * n, (i + 1) * n);
    const own = child(key, "augmentation", epoch, i);
    const real = normalisedRows(set, rows, normalisation);
    const x = augmentBatch(real, [n, c, h, w], stages, { siamese: false, noise: 0 }, own);
    const y = new Float32Array(n * set.classes);
    rows.forEach((row, j) => {
      y[j * set.classes + set.labels[row]] = 1;
    });
    const out = await learner.step(now, x, y, lr);
    now = out.state;
    loss += out.loss / steps;
    pace?.done("teacher");
  }
  return { state: now, loss };
}
