import type { Device } from "../../engine/device.ts";
import { gradientDistances } from "../../nn/gradientDistance.ts";
import { type Floats, isParamSpec, type Network, type ParamSpec, specsOf } from "../../nn/Network.ts";
import { throughGradient } from "../../nn/throughGradient.ts";
import { trainingLoss } from "../../nn/trainingLoss.ts";
import { type Compiled, type CompiledHeld, compile, compileHeld, f32 } from "../../tensor/compile.ts";
import { grad } from "../../tensor/grad.ts";
import { add, mul, sub } from "../../tensor/ops.ts";
import { isTensor, type Tensor } from "../../tensor/Tensor.ts";
import { leaves, type Tree } from "../../tensor/tree.ts";
import { imageOptimiser, type Limits, limitSpecs, moveImages } from "../common/budget.ts";

/** Kinds of parameters: convolution kernels, matrices of linear layers, and biases and norms. */
export const layerKinds = ["kernels", "matrices", "vectors"] as const;
export type LayerKind = (typeof layerKinds)[number];

const kindOf = ({ shape }: ParamSpec): LayerKind =>
  shape.length > 2 ? "kernels" : shape.length === 2 ? "matrices" : "vectors";

/** The kind of each parameter of a network, in the order of its leaves. */
export const kindsOf = ({ weights }: Network): LayerKind[] => leaves<ParamSpec>(weights, isParamSpec).map(kindOf);

export interface HybridOptions {
  readonly distance: keyof typeof gradientDistances;
  /** Weight of each kind of layer in the distance. */
  readonly layerWeights: Readonly<Record<LayerKind, number>>;
  /** Weight of the mean squared change of the images. */
  readonly penalty: number;
}

type Gradient = Compiled<[Tree<Floats>, Floats, Floats], Tree<Floats>>;
type Update = CompiledHeld<
  [weights: Tree<Floats>, real: Tree<Floats>, backdoor: Tree<Floats>, alpha: Floats, y: Floats, limits: Tree<Floats>],
  [images: Floats, slots: readonly Floats[], hyper: Floats],
  { loss: Floats; benign: Floats; backdoor: Floats; images: Floats; slots: readonly Floats[] }
>;

/** ∇θ ℓ(θ; X, Y) for batches of n images. */
export async function compileGradient(network: Network, n: number, device: Device): Promise<Gradient> {
  const [c, h, w] = network.input;
  const program = (weights: Tree<Tensor>, x: Tensor, y: Tensor) => parameterGradient(network, weights, x, y);
  return (await compile(
    program,
    [specsOf(network.weights), f32(n, c, h, w), f32(n, network.classes)],
    device,
  )) as Gradient;
}

const parameterGradient = (network: Network, weights: Tree<Tensor>, x: Tensor, y: Tensor): Tree<Tensor> =>
  grad((v: Tree<Tensor>) => trainingLoss(network, v, x, y))(weights);

/**
 * One Adam step on X′ for L = (1 − α) · D(g_s, g_r) + α · D(g_s, g_b), where g_s = ∇θ ℓ(θ; X′, Y) and the gradients of
 * the clean set g_r and of the backdoor set g_b are given, and α, one number (arXiv 2502.04229, hybrid loss). What does not depend on
 * X′ stays for all updates at one network.
 */
export async function compileUpdate(
  network: Network,
  n: number,
  options: HybridOptions,
  limits: Limits<Floats> | undefined,
  device: Device,
): Promise<Update> {
  const [c, h, w] = network.input;
  const layers = kindsOf(network).map((kind) => options.layerWeights[kind]);
  const distance = (g: readonly Tensor[], h: readonly Tensor[]) => gradientDistances[options.distance](g, h, layers);
  const list = (tree: Tree<Tensor>) => leaves<Tensor>(tree, isTensor);
  const program = (
    weights: Tree<Tensor>,
    real: Tree<Tensor>,
    backdoor: Tree<Tensor>,
    alpha: Tensor,
    y: Tensor,
    box: Tree<Tensor>,
    x: Tensor,
    slots: readonly Tensor[],
    hyper: Tensor,
  ): Tree<Tensor> => {
    const loss = (v: Tree<Tensor>, images: Tensor) => trainingLoss(network, v, images, y);
    const benign = (g: readonly Tensor[]) => distance(g, list(real));
    const poison = (g: readonly Tensor[]) => distance(g, list(backdoor));
    const mixed = (g: readonly Tensor[]) => add(mul(benign(g), sub(1, alpha)), mul(poison(g), alpha));
    const { value, gradient, parameters } = throughGradient(loss, weights, x, mixed);
    const next = moveImages(x, gradient, slots, hyper, box, options);
    return { loss: value, benign: benign(parameters), backdoor: poison(parameters), ...next };
  };
  const weights = specsOf(network.weights);
  const image = f32(n, c, h, w);
  const held = [weights, weights, weights, f32(), f32(n, network.classes), limitSpecs(limits, n, network.input)];
  return (await compileHeld(program, held, [image, [image, image], f32(imageOptimiser.hypers)], device)) as Update;
}
