import { child, type Key, permutation } from "../core/random.ts";
import { augmentBatch } from "../data/augment/stages.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { normalisedRows } from "../data/normalisedBatch.ts";
import type { Learner, LearnerState } from "../train/Learner.ts";

/** How a network is trained on raw images. */
export interface RawTraining {
  readonly batch: number;
  readonly lr: number;
  readonly epochs: number;
}

/**
 * Train a network for one epoch on raw images, mirrored and shifted at random, the rate along a cosine over all epochs. Images
 * that do not fill a last batch are left out.
 *
 * @returns the state after it and the mean loss.
 */
export async function rawEpoch(
  learner: Learner,
  state: LearnerState,
  set: LabelledSet,
  normalisation: Normalisation,
  { batch, lr, epochs }: RawTraining,
  epoch: number,
  key: Key,
): Promise<{ state: LearnerState; loss: number }> {
  const [images, c, h, w] = set.shape;
  const n = Math.min(batch, images);
  const order = permutation(child(key, "order", epoch), images);
  const rate = (lr / 2) * (1 + Math.cos((Math.PI * epoch) / epochs));
  const steps = Math.floor(images / n);
  let [now, loss] = [state, 0];
  for (let i = 0; i < steps; i++) {
    const rows = order.subarray(i * n, (i + 1) * n);
    const own = child(key, "augmentation", epoch, i);
    const real = normalisedRows(set, rows, normalisation);
    const x = augmentBatch(real, [n, c, h, w], ["flip-crop"], { siamese: false, noise: 0 }, own);
    const y = new Float32Array(n * set.classes);
    rows.forEach((row, j) => {
      y[j * set.classes + set.labels[row]] = 1;
    });
    const out = await learner.step(now, x, y, rate);
    now = out.state;
    loss += out.loss / steps;
  }
  return { state: now, loss };
}
