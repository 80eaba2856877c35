import type { Normalisation } from "../../../data/Normalisation.ts";
import type { Trigger } from "../../../data/Trigger.ts";
import type { Device } from "../../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../../nn/Network.ts";
import { adam } from "../../../nn/optimisers.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../../tensor/compile.ts";
import { valueAndGrad } from "../../../tensor/grad.ts";
import { div, mul, square, sub, sum } from "../../../tensor/ops.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import type { Tree } from "../../../tensor/tree.ts";
import { patternStep, stampTensor } from "../../common/learntTrigger.ts";

/** As in the published program of arXiv 2301.01197. */
export const patternOptimiser = adam({ beta2: 0.99 });

export type Excitement = CompiledHeld<
  [model: readonly [weights: Tree<Floats>, running: Tree<Floats>], images: Floats, chosen: Floats, wanted: Floats],
  [pattern: Floats, slots: readonly Floats[], hyper: Floats],
  { loss: Floats; features: Floats; pattern: Floats; slots: readonly Floats[] }
>;

/**
 * Compile one Adam step of a trigger's pattern p for the mean squared distance of the chosen penultimate features φ_d to what they
 * shall be (arXiv 2301.01197, §3.3):
 *
 *   L = 1/(n k) Σ_i Σ_(d chosen) (φ_d(stamp_p(x_i)) − wanted_id)²
 *
 * Differs: p is brought back to what a picture can hold after every step.
 *
 * @param n images that the trigger is stamped on, in the space that `normalisation` names, as p is
 * @returns (weights and running statistics, images, chosen [D] of 0 and 1, wanted [n, D]) → (p, slots, hyper) → the loss and the
 * features before the step, and p after it.
 */
export async function compileExcitement(
  network: Network,
  n: number,
  features: number,
  trigger: Trigger,
  normalisation: Normalisation,
  device: Device,
): Promise<Excitement> {
  const program = (
    [weights, running]: readonly [Tree<Tensor>, Tree<Tensor>],
    images: Tensor,
    chosen: Tensor,
    wanted: Tensor,
    pattern: Tensor,
    slots: readonly Tensor[],
    hyper: Tensor,
  ): Tree<Tensor> => {
    const seen = (p: Tensor) => network.forward(weights, running, stampTensor(trigger, images, p), false).features;
    const distance = (p: Tensor) => {
      const apart = mul(square(sub(seen(p), wanted)), chosen);
      return div(sum(apart), mul(sum(chosen), n));
    };
    const [loss, gradient] = valueAndGrad(distance)(pattern);
    const next = patternStep(patternOptimiser, normalisation, pattern, gradient, slots, hyper);
    return { loss, features: seen(pattern), ...next };
  };
  const model = [specsOf(network.weights), specsOf(network.running)];
  const held = [model, f32(n, ...network.input), f32(features), f32(n, features)];
  const image = f32(...network.input);
  return (await compileHeld(
    program,
    held,
    [image, [image, image], f32(patternOptimiser.hypers)],
    device,
  )) as unknown as Excitement;
}
