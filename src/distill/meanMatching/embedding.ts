import type { Device } from "../../engine/device.ts";
import { type Floats, isParamSpec, type Network, type ParamSpec, specsOf } from "../../nn/Network.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import { broadcastTo, matmul, mean, square, sub, sum } from "../../tensor/ops.ts";
import { isTensor, type Tensor } from "../../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";

/** What is averaged over the images of a class: x [N, C, H, W] → [N, D]. */
export type Embed = (network: Network, weights: Tree<Tensor>, x: Tensor) => Tensor;

/** What the last layer reads (arXiv 2110.04181). */
export const features: Embed = (network, weights, x) => network.forward(weights, [], x, true).features;

/** Weighted sum of embeddings: (weights) → (images [B, C, H, W], share of each image [1, B]) → [1, D]. */
export type Embedding = CompiledHeld<[Tree<Floats>], [Floats, Floats], Floats>;

/** Compile Σ_b share_b · φ(x_b) for batches of n images, forward only. Images with share 0 fill a batch up. */
export async function compileEmbedding(
  network: Network,
  n: number,
  device: Device,
  embed: Embed = features,
): Promise<Embedding> {
  const program = (weights: Tree<Tensor>, x: Tensor, share: Tensor) =>
    matmul(share, embed(network, unmoved(network, weights), x));
  const specs = [f32(n, ...network.input), f32(1, n)];
  return (await compileHeld(program, [specsOf(network.weights)], specs, device)) as Embedding;
}

/** (weights) → (images [N, C, H, W] as networks see them, mean embedding of the real images [D]) → loss and its derivative by the images. */
export type MatchingSlope = CompiledHeld<[Tree<Floats>], [Floats, Floats], { loss: Floats; gradient: Floats }>;

/**
 * Compile L = ‖mean φ(real) − mean φ(synthetic)‖² of n synthetic images of a class (arXiv 2110.04181, eq. 6) and its derivative.
 *
 * @param length D, of an embedding
 */
export async function compileMatchingSlope(
  network: Network,
  n: number,
  length: number,
  device: Device,
  embed: Embed = features,
): Promise<MatchingSlope> {
  const program = (weights: Tree<Tensor>, images: Tensor, real: Tensor): Tree<Tensor> => {
    const distance = (x: Tensor) => sum(square(sub(real, mean(embed(network, unmoved(network, weights), x), [0]))));
    const [loss, gradient] = valueAndGrad(distance)(images);
    return { loss, gradient };
  };
  const specs = [f32(n, ...network.input), f32(length)];
  return (await compileHeld(program, [specsOf(network.weights)], specs, device)) as MatchingSlope;
}

/** Weights of a network that nobody trains: what begins as a constant is one of the program. */
function unmoved(network: Network, weights: Tree<Tensor>): Tree<Tensor> {
  const specs = leaves<ParamSpec>(network.weights, isParamSpec);
  const values = leaves<Tensor>(weights, isTensor).map((drawn, i) => {
    const { shape, constant } = specs[i];
    return constant === undefined ? drawn : broadcastTo(constant, shape);
  });
  return rebuild(weights, isTensor, values);
}
