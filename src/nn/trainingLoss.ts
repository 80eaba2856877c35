import { zeros } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../tensor/tree.ts";
import { crossEntropy } from "./losses.ts";
import { isParamSpec, type Network, type ParamSpec } from "./Network.ts";

/**
 * ℓ(θ; X, Y) as a network is trained on it. Running statistics do not enter: a training step normalises by its own batch.
 *
 * @param x X [N, C, H, W]
 * @param y Y [N, K]
 */
export function trainingLoss(network: Network, weights: Tree<Tensor>, x: Tensor, y: Tensor): Tensor {
  const unread = leaves<ParamSpec>(network.running, isParamSpec).map(({ shape }) => zeros(shape));
  return crossEntropy(network.forward(weights, rebuild(network.running, isParamSpec, unread), x, true).logits, y);
}
