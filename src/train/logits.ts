import type { Floats } from "../nn/Network.ts";
import type { Learner, LearnerState } from "./Learner.ts";
import { softmax } from "./targets.ts";

/** Images a forward pass. */
const CHUNK = 25;

/**
 * Logits of any number of images, a chunk at a time.
 *
 * @param images N·C·H·W, in the space of the set
 * @returns [N, K]
 */
export async function logitsOf(
  learner: Learner,
  state: Pick<LearnerState, "weights" | "running">,
  images: Floats,
): Promise<Floats> {
  const { input, classes } = learner.network;
  const size = input.reduce((a, b) => a * b, 1);
  const n = images.length / size;
  const chunk = Math.min(CHUNK, n);
  const out = new Float32Array(n * classes);
  const predict = learner.predictor(state);
  for (let from = 0; from < n; from += chunk) {
    // The last chunk begins earlier instead of being shorter: one compiled graph serves all.
    const start = Math.min(from, n - chunk);
    const { logits } = await predict(images.subarray(start * size, (start + chunk) * size));
    out.set(logits, start * classes);
  }
  return out;
}

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
