import { child, type Key, Stream } from "../../core/random.ts";
import { classRows, sampleRows } from "../../data/classRows.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";
import { logitsOf } from "../../train/logits.ts";
import { encodeImages } from "../common/multiFormation.ts";
import { randomCrop } from "./randomCrop.ts";

export interface CropChoice {
  readonly ipc: number;
  readonly factor: number;
  readonly candidates: number;
  readonly crops: number;
  readonly leastArea: number;
}

/**
 * Of some real images of each class take the crop that a teacher finds likeliest, and of these the likeliest ipc · f²; f² of
 * them, from all ranks, make one image (arXiv 2312.03526, §4).
 *
 * @returns K·ipc·C·H·W numbers, class after class, and the mean loss of the teacher on the chosen crops.
 */
export async function likeliestCrops(
  learner: Learner,
  teacher: LearnerState,
  set: LabelledSet,
  normalisation: Normalisation,
  { ipc, factor, candidates, crops, leastArea }: CropChoice,
  key: Key,
): Promise<{ images: Floats; loss: number }> {
  const [, c, h, w] = set.shape;
  const size = c * h * w;
  const wanted = ipc * factor ** 2;
  const images = new Float32Array(set.classes * ipc * size);
  let loss = 0;
  for (const [k, own] of classRows(set).entries()) {
    const rows = sampleRows(own, Math.max(candidates, wanted), child(key, "candidates", k));
    const real = normalisedRows(set, rows, normalisation);
    const stream = new Stream(child(key, "crops", k));
    const cut = new Float32Array(rows.length * crops * size);
    for (let i = 0; i < rows.length * crops; i++) {
      const from = Math.floor(i / crops) * size;
      cut.set(randomCrop(real.subarray(from, from + size), c, h, leastArea, stream), i * size);
    }
    const losses = lossesOf(await logitsOf(learner, teacher, cut), set.classes, k);
    const best = Array.from(rows, (_, i) => {
      const of = Array.from({ length: crops }, (_, j) => i * crops + j);
      return of.reduce((a, b) => (losses[b] < losses[a] ? b : a));
    });
    const chosen = best.sort((a, b) => losses[a] - losses[b]).slice(0, wanted);
    const parts = new Float32Array(wanted * size);
    for (let i = 0; i < wanted; i++) {
      // Image i holds the ranks i, i + ipc, i + 2 ipc, …
      const crop = chosen[(i % factor ** 2) * ipc + Math.floor(i / factor ** 2)];
      parts.set(cut.subarray(crop * size, (crop + 1) * size), i * size);
      loss += losses[crop] / (wanted * set.classes);
    }
    images.set(encodeImages(parts, [wanted, c, h, w], factor), k * ipc * size);
  }
  return { images, loss };
}

/** −log softmax(z)_k of each row. */
function lossesOf(logits: Floats, classes: number, k: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, i) => {
    const z = logits.subarray(i * classes, (i + 1) * classes);
    const top = Math.max(...z);
    return Math.log(z.reduce((sum, v) => sum + Math.exp(v - top), 0)) + top - z[k];
  });
}
