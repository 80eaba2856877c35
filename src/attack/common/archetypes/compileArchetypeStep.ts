import type { Device } from "../../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../../nn/Network.ts";
import { adam } from "../../../nn/optimisers.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../../tensor/compile.ts";
import { valueAndGrad } from "../../../tensor/grad.ts";
import { constant, maximum, minimum } from "../../../tensor/ops.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import type { Tree } from "../../../tensor/tree.ts";
import { applyUpdate } from "../../../train/Learner.ts";
import type { ArchetypeOptions } from "./archetypeOptions.ts";
import { objectives } from "./objectives.ts";
import { regularised } from "./regularised.ts";

export const archetypeOptimiser = adam();

type Model = readonly [weights: Tree<Tensor>, running: Tree<Tensor>];
type Step = CompiledHeld<
  [model: readonly [weights: Tree<Floats>, running: Tree<Floats>], wanted: Floats],
  [x: Floats, slots: readonly Floats[], hyper: Floats],
  { loss: Floats; x: Floats; slots: readonly Floats[] }
>;

/**
 * One Adam step of n archetypes at one network.
 *
 * @param width numbers that the objective wants of each
 * @param bounds what a picture can hold, where archetypes are kept within
 */
export async function compileArchetypeStep(
  network: Network,
  options: ArchetypeOptions,
  n: number,
  width: number,
  bounds: { low: number[]; high: number[] } | undefined,
  device: Device,
): Promise<Step> {
  const [c, h, w] = network.input;
  const image = f32(n, c, h, w);
  const objective = objectives[options.objective];
  const clamp = (x: Tensor): Tensor => {
    if (!bounds) return x;
    const channel = (values: number[]) => constant(values, [c, 1, 1]);
    return minimum(maximum(x, channel(bounds.low)), channel(bounds.high));
  };
  const lossOf = ([weights, running]: Model, wanted: Tensor, x: Tensor): Tensor =>
    regularised(objective.loss(objective.says(network.forward(weights, running, x, false)), wanted), x, options);
  const program = (model: Model, wanted: Tensor, x: Tensor, slots: readonly Tensor[], hyper: Tensor): Tree<Tensor> => {
    const [loss, gradient] = valueAndGrad((images: Tensor) => lossOf(model, wanted, images))(x);
    const next = applyUpdate(archetypeOptimiser, x, gradient, slots, hyper);
    return { loss, x: clamp(next.weights as Tensor), slots: next.slots };
  };
  const held = [[specsOf(network.weights), specsOf(network.running)], f32(n, width)];
  const moving = [image, [image, image], f32(archetypeOptimiser.hypers)];
  return (await compileHeld(program, held, moving, device)) as unknown as Step;
}
