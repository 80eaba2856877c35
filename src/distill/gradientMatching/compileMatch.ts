import type { Device } from "../../engine/device.ts";
import { type GradientDistance, layerwise } from "../../nn/gradientDistance.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { throughGradient } from "../../nn/throughGradient.ts";
import { trainingLoss } from "../../nn/trainingLoss.ts";
import { type Compiled, type CompiledHeld, compileHeld, f32 } from "../../tensor/compile.ts";
import { compileByParts } from "../../tensor/compileByParts.ts";
import { grad } from "../../tensor/grad.ts";
import { isTensor, type Tensor } from "../../tensor/Tensor.ts";
import { leaves, type Tree } from "../../tensor/tree.ts";

/** (weights, [images [n, C, H, W], labels [n, K]], nothing) → ∇θ ℓ */
export type RealGradient = Compiled<[Tree<Floats>, readonly Floats[], readonly Floats[]], Tree<Floats>>;

/** Compile ∇θ ℓ(θ; X, Y) of a batch of n real images. */
export async function compileRealGradient(network: Network, n: number, device: Device): Promise<RealGradient> {
  const mean = (weights: Tree<Tensor>, [x, y]: readonly Tensor[]) =>
    grad((v: Tree<Tensor>) => trainingLoss(network, v, x, y))(weights);
  const finish = (gradient: Tree<Tensor>) => gradient;
  const specs = {
    shared: specsOf(network.weights),
    batch: [f32(n, ...network.input), f32(n, network.classes)],
    rest: [],
  };
  return (await compileByParts({ mean, finish, coupled: false }, specs, device)) as RealGradient;
}

/** (weights) → (gradient of the real images, labels [n, K], images [n, C, H, W] as networks see them) → distance and its derivative by the images. */
export type Match = CompiledHeld<[Tree<Floats>], [Tree<Floats>, Floats, Floats], { loss: Floats; gradient: Floats }>;

/**
 * Compile the distance between the gradient of the network's loss on n synthetic images of a class and a given one, and its
 * derivative by the images.
 *
 * @param distance default: layer by layer (arXiv 2006.05929, eq. 7)
 */
export async function compileMatch(
  network: Network,
  n: number,
  device: Device,
  distance: GradientDistance = layerwise,
): Promise<Match> {
  const list = (tree: Tree<Tensor>) => leaves<Tensor>(tree, isTensor);
  const program = (weights: Tree<Tensor>, real: Tree<Tensor>, y: Tensor, images: Tensor): Tree<Tensor> => {
    const loss = (v: Tree<Tensor>, x: Tensor) => trainingLoss(network, v, x, y);
    const { value, gradient } = throughGradient(loss, weights, images, (g) => distance(g, list(real)));
    return { loss: value, gradient };
  };
  const weights = specsOf(network.weights);
  const rest = [weights, f32(n, network.classes), f32(n, ...network.input)];
  return (await compileHeld(program, [weights], rest, device)) as Match;
}
