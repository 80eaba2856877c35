import * as z from "zod";
import type { ReadWhen } from "../../core/readWhen.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { gamutBounds, inGamut, type Trigger } from "../../data/Trigger.ts";
import { lowPass } from "../../data/triggerShapes.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Optimiser } from "../../nn/optimisers.ts";
import { add, constant, maximum, minimum, mul, reshape, sub } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { applyUpdate } from "../../train/Learner.ts";
import { triggerOptions, triggerReadWhen } from "./triggerOptions.ts";

/** A trigger that may be learnt: its place and size are given, what it shows is found. White and 5×5 to begin with. */
export const learntTriggerOptions = triggerOptions.extend({
  side: triggerOptions.shape.side.default(5),
  value: triggerOptions.shape.value.default(1),
  unit: triggerOptions.shape.unit.default("pixel"),
  learn: z.boolean().default(true).describe("learn what the trigger shows, within the gamut"),
  lr: z.number().positive().default(0.05).describe("Adam learning rate of the pattern"),
});

export type LearntTriggerOptions = z.infer<typeof learntTriggerOptions>;

/** Which learnt triggers read which of their options. */
export const learntTriggerReadWhen: readonly ReadWhen<{ trigger: LearntTriggerOptions }>[] = [
  ...triggerReadWhen,
  { option: "trigger.lr", read: ({ trigger }) => trigger.learn, by: "a trigger that is learnt" },
];

/**
 * Stamp inside a traced program: x ↦ (1 − a · mask) · x + a · mask · pattern, with the pattern as a variable.
 *
 * @param x N C H W
 * @param pattern [C, H, W]
 * @param amount a [N], 0 leaves an image as it is; all are stamped without it
 */
export function stampTensor(trigger: Trigger, x: Tensor, pattern: Tensor, amount?: Tensor): Tensor {
  const { mask, channels, height, width } = trigger;
  const opacity = constant(mask, [1, 1, height, width]);
  const a = amount ? mul(opacity, reshape(amount, [x.shape[0], 1, 1, 1])) : opacity;
  return add(mul(x, sub(1, a)), mul(a, reshape(pattern, [1, channels, height, width])));
}

/**
 * One optimiser step of a pattern inside a traced program, brought back to what a picture can hold.
 *
 * @param pattern [C, H, W] in the space that `normalisation` names, as the derivative is
 */
export function patternStep(
  optimiser: Optimiser,
  normalisation: Normalisation,
  pattern: Tensor,
  gradient: Tensor,
  slots: readonly Tensor[],
  hyper: Tensor,
): { readonly pattern: Tensor; readonly slots: readonly Tree<Tensor>[] } {
  const { low, high } = gamutBounds(normalisation, pattern.shape[0]);
  const channel = (values: number[]) => constant(values, [values.length, 1, 1]);
  const next = applyUpdate(optimiser, pattern, gradient, slots, hyper);
  return {
    pattern: minimum(maximum(next.weights as Tensor, channel(low)), channel(high)),
    slots: next.slots,
  };
}

/** Bring a pattern back to what a picture can hold, and a low-frequency one to its frequencies. */
export function projectPattern(
  pattern: Floats,
  options: LearntTriggerOptions,
  set: Pick<DistilledSet, "shape" | "normalisation">,
): Floats {
  const [, c, h, w] = set.shape;
  const { low, high } = gamutBounds(set.normalisation, c);
  const smooth = options.kind === "low-frequency" ? lowPass(pattern, [c, h, w], options.frequency) : pattern;
  return smooth.map((v, i) => {
    const channel = Math.floor(i / (h * w));
    return Math.min(high[channel], Math.max(low[channel], v));
  });
}

/** The trigger with the pattern that was found. */
export function withPattern(
  trigger: Trigger,
  pattern: Floats,
  { normalisation }: Pick<DistilledSet, "normalisation">,
): Trigger {
  const { channels, height, width, mask } = trigger;
  return {
    ...trigger,
    description: `learnt ${trigger.description}`,
    pattern,
    inGamut: inGamut(mask, pattern, [1, channels, height, width], normalisation),
  };
}
