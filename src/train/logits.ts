import type { Floats } from "../nn/Network.ts";
import type { Learner, LearnerState, Prediction } from "./Learner.ts";
import { softmax } from "./targets.ts";

/** Images a forward pass. */
const CHUNK = 25;

/**
 * Logits [N, K] and penultimate features [N, D] of any number of images, a chunk at a time.
 *
 * @param images N·C·H·W, in the space of the set
 */
export async function predictionOf(
  learner: Learner,
  state: Pick<LearnerState, "weights" | "running">,
  images: Floats,
): Promise<Prediction> {
  const size = learner.network.input.reduce((a, b) => a * b, 1);
  const n = images.length / size;
  const chunk = Math.min(CHUNK, n);
  const predict = learner.predictor(state);
  let all: Prediction | undefined;
  for (let from = 0; from < n; from += chunk) {
    // The last chunk begins earlier instead of being shorter: one compiled graph serves all.
    const start = Math.min(from, n - chunk);
    const some = await predict(images.subarray(start * size, (start + chunk) * size));
    const whole = (part: Floats) => new Float32Array((part.length / chunk) * n);
    all ??= { logits: whole(some.logits), features: whole(some.features) };
    all.logits.set(some.logits, start * (some.logits.length / chunk));
    all.features.set(some.features, start * (some.features.length / chunk));
  }
  return all ?? { logits: new Float32Array(), features: new Float32Array() };
}

/** Their logits alone, [N, K]. */
export const logitsOf = async (...asked: Parameters<typeof predictionOf>): Promise<Floats> =>
  (await predictionOf(...asked)).logits;

/** What several networks say together: the mean of their probabilities, [N, K]. */
export function meanProbabilities(logits: readonly Floats[], classes: number): Floats {
  const out = new Float32Array(logits[0].length);
  for (const one of logits)
    for (let from = 0; from < one.length; from += classes)
      softmax(one.subarray(from, from + classes)).forEach((p, k) => {
        out[from + k] += p / logits.length;
      });
  return out;
}
