import * as z from "zod";
import { child, type Key } from "../../core/random.ts";
import type { Floats } from "../../nn/Network.ts";
import { logitsOf, meanProbabilities } from "../../train/logits.ts";
import type { Surrogates } from "./surrogate.ts";

export const teacherOptions = z.strictObject({
  count: z.int().min(1).default(3).describe("networks of the clean set that label the carriers"),
  passes: z.int().min(1).default(50).describe("passes over the set of each"),
});

/**
 * What networks of the clean set say of images: their mean probabilities. An interceptor keeps this knowledge while he changes the set.
 * Tells the passes that they have learnt.
 *
 * @param images N·C·H·W
 * @returns [N, K]
 */
export async function* teach(
  surrogates: Surrogates,
  { count, passes }: z.infer<typeof teacherOptions>,
  images: Floats,
  key: Key,
): AsyncGenerator<number, Floats> {
  const { learner } = surrogates;
  const said: Floats[] = [];
  for (let t = 0; t < count; t++) {
    said.push(await logitsOf(learner, await surrogates.trained(passes, child(key, "teacher", t)), images));
    yield (t + 1) * passes;
  }
  return meanProbabilities(said, learner.network.classes);
}
