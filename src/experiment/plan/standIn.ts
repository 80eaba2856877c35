import { key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { methodRegistry as methods } from "../../distill/methodRegistry.ts";
import type { Inputs } from "./Inputs.ts";
import type { TrialConfig } from "./TrialConfig.ts";

/** The set of a trial, or one of its size where it is not distilled yet: time and fit do not depend on what the images show. */
export async function standIn(inputs: Inputs, { set }: Pick<TrialConfig, "set">, who: string): Promise<DistilledSet> {
  if ("file" in set) return inputs.distilled(set, who);
  const { classes, shape } = await inputs.sample(set.distil, who);
  const { multiFormation } = methods[set.method as keyof typeof methods] as Distillation;
  const m = Number(set.options.ipc) * classes * (multiFormation ? Number(set.options.factor) ** 2 : 1);
  const [, c, h, w] = shape;
  return {
    kind: "distilled",
    name: set.distil,
    images: Float32Array.from({ length: m * c * h * w }, (_, i) => Math.sin(i)),
    shape: [m, c, h, w],
    labels: { kind: "hard", classes: Int32Array.from({ length: m }, (_, i) => i % classes) },
    classes,
    normalisation: set.normalisation.kind === "zca" ? await inputs.space(set, who) : set.normalisation,
    // As the set will say: an attack that distils does it the same way.
    metadata: { method: set.method, options: set.options, key: key(set.seed).hex, seed: set.seed },
  };
}
