import type { Normalisation } from "../../../data/Normalisation.ts";
import { gamutBounds } from "../../../data/Trigger.ts";
import type { TriggerGenerator } from "../../../data/TriggerGenerator.ts";
import type { Device } from "../../../engine/device.ts";
import { type Affine, conv, convParams } from "../../../nn/layers/affine.ts";
import { crossEntropy } from "../../../nn/losses.ts";
import { type Floats, type Network, type ParamSpec, specsOf } from "../../../nn/Network.ts";
import { adam } from "../../../nn/optimisers.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../../tensor/compile.ts";
import { valueAndGrad } from "../../../tensor/grad.ts";
import { add, clip, constant, div, mean, mul, oneHot, relu, sigmoid, square, sub, sum } from "../../../tensor/ops.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import type { Tree } from "../../../tensor/tree.ts";
import { applyUpdate } from "../../../train/Learner.ts";

export const generatorOptimiser = adam();

/** Parameters of a generator: three convolutions. */
export const generatorParams = (channels: number, width: number): readonly Affine<ParamSpec>[] => [
  convParams(channels, width, 3),
  convParams(width, width, 3),
  convParams(width, channels, 3),
];

/** What the generator adds to pixels [N, C, H, W] in [0, 1], before the clamp, in multiples of the bound. */
function addition(layers: readonly Affine<Tensor>[], pixels: Tensor): Tensor {
  let maps = sub(mul(pixels, 2), 1);
  layers.forEach((layer, i) => {
    maps = conv(layer, maps, { padding: 1 });
    if (i < layers.length - 1) maps = relu(maps);
  });
  // tanh a = 2 σ(2a) − 1.
  return sub(mul(sigmoid(mul(maps, 2)), 2), 1);
}

export interface GeneratorGoal {
  /** Images a step. */
  readonly batch: number;
  readonly targetClass: number;
  readonly bound: number;
  /** Weights beside the answers. */
  readonly features: number;
  readonly near: number;
}

export type GeneratorStep = CompiledHeld<
  [model: readonly [weights: Tree<Floats>, running: Tree<Floats>], wanted: Floats],
  [images: Floats, layers: Tree<Floats>, slots: readonly Tree<Floats>[], hyper: Floats],
  {
    loss: Floats;
    moved: Floats;
    gradient: Tree<Floats>;
    layers: Tree<Floats>;
    slots: readonly Tree<Floats>[];
  }
>;

/**
 * Compile one Adam step of a generator G (data/TriggerGenerator.ts) for
 *
 *   L = mean_i CE(f(G(x_i)), t) + a · mean_i ‖φ(G(x_i)) − φ̄‖² / ‖φ̄‖² + b · mean tanh²,
 *
 * where f and φ are answers and penultimate features of a network, φ̄ is the target's mean feature, and tanh is what is added in
 * multiples of the bound.
 *
 * @param normalisation of the space that the images are in, as the network sees them
 * @returns (weights and running statistics, φ̄ [D]) → (images [batch, C, H, W], layers, slots, hyper) → before the step the loss, the moved
 * images and the derivative; the layers after it.
 */
export async function compileGenerator(
  network: Network,
  width: number,
  features: number,
  goal: GeneratorGoal,
  normalisation: Normalisation,
  device: Device,
): Promise<GeneratorStep> {
  const { batch, targetClass, bound } = goal;
  const [c] = network.input;
  const { low, high } = gamutBounds(normalisation, c);
  const program = (
    [weights, running]: readonly [Tree<Tensor>, Tree<Tensor>],
    wanted: Tensor,
    images: Tensor,
    layers: Tree<Tensor>,
    slots: readonly Tree<Tensor>[],
    hyper: Tensor,
  ): Tree<Tensor> => {
    const channel = (values: readonly number[]) => constant(values, [1, c, 1, 1]);
    const black = channel(low);
    const range = channel(high.map((v, k) => v - low[k]));
    const pixels = div(sub(images, black), range);
    const labels = oneHot(constant(new Int32Array(batch).fill(targetClass), [batch]), network.classes);
    const seen = (tree: Tree<Tensor>) => {
      const added = addition(tree as unknown as readonly Affine<Tensor>[], pixels);
      const moved = add(black, mul(clip(add(pixels, mul(added, bound)), 0, 1), range));
      return { added, moved, ...network.forward(weights, running, moved, false) };
    };
    const loss = (tree: Tree<Tensor>) => {
      const { added, logits, features: phi } = seen(tree);
      const apart = div(mul(sum(square(sub(phi, wanted))), 1 / batch), sum(square(wanted)));
      const parts = add(crossEntropy(logits, labels), mul(apart, goal.features));
      return add(parts, mul(mean(square(added)), goal.near));
    };
    const [value, gradient] = valueAndGrad(loss)(layers);
    const next = applyUpdate(generatorOptimiser, layers, gradient, slots, hyper);
    const { moved } = seen(layers);
    return { loss: value, moved, gradient, layers: next.weights, slots: next.slots };
  };
  const layers = specsOf(generatorParams(c, width) as Tree<ParamSpec>);
  const held = [[specsOf(network.weights), specsOf(network.running)], f32(features)];
  const rest = [f32(batch, ...network.input), layers, [layers, layers], f32(generatorOptimiser.hypers)];
  return (await compileHeld(program, held, rest, device)) as unknown as GeneratorStep;
}

/** The generator with these layers, in the space that `normalisation` names. */
export const generatorOf = (
  layers: Tree<Floats>,
  bound: number,
  normalisation: Normalisation,
  channels: number,
): TriggerGenerator => ({
  layers: layers as unknown as TriggerGenerator["layers"],
  bound,
  ...gamutBounds(normalisation, channels),
});
