import { z } from "zod";
import { child, type Key } from "../core/random.ts";
import type { Floats } from "../nn/Network.ts";
import { softmax } from "../train/targets.ts";
import type { Surrogates } from "./surrogate.ts";

export const teacherOptions = z.strictObject({
  count: z.int().min(1).default(3).describe("networks of the clean set that label the carriers"),
  passes: z.int().min(1).default(50).describe("passes over the set of each"),
});

/** Images a forward pass. */
const CHUNK = 25;

/**
 * What networks of the clean set say of images: their mean probabilities. An interceptor keeps this knowledge while he changes the set.
 *
 * @param images N·C·H·W
 * @returns [N, K]
 */
export async function teach(
  surrogates: Surrogates,
  { count, passes }: z.infer<typeof teacherOptions>,
  images: Floats,
  key: Key,
): Promise<Floats> {
  const { network } = surrogates.learner;
  const size = network.input.reduce((a, b) => a * b, 1);
  const n = images.length / size;
  const k = network.classes;
  const out = new Float32Array(n * k);
  for (let t = 0; t < count; t++) {
    const state = await surrogates.trained(passes, child(key, "teacher", t));
    for (let from = 0; from < n; from += CHUNK) {
      // The last chunk begins earlier instead of being shorter: one compiled graph serves all.
      const start = Math.max(0, Math.min(from, n - CHUNK));
      const { logits } = await surrogates.learner.predict(state, images.subarray(start * size, (start + CHUNK) * size));
      for (let i = from - start; i < logits.length / k; i++)
        softmax(logits.subarray(i * k, (i + 1) * k)).forEach((p, j) => {
          out[(start + i) * k + j] += p / count;
        });
    }
  }
  return out;
}
