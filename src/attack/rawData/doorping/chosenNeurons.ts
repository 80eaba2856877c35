import { type Floats, isFloats, isParamSpec, type Network, type ParamSpec } from "../../../nn/Network.ts";
import { leaves, type Tree } from "../../../tensor/tree.ts";

/** D, numbers that the last linear layer reads. */
export const featureCount = (network: Network): number => shapesOf(network)[headOf(network)][0];

/**
 * The k neurons that the last linear layer listens to most, by Σ_c |W_dc| over the classes c (after arXiv 2301.01197, §3.3).
 *
 * @returns 1 for a chosen neuron, 0 for another, [D]; the first of equal ones.
 */
export function chosenNeurons(network: Network, weights: Tree<Floats>, k: number): Floats {
  const head = leaves<Floats>(weights, isFloats)[headOf(network)];
  const { classes } = network;
  const strength = Float64Array.from({ length: featureCount(network) }, (_, d) =>
    head.subarray(d * classes, (d + 1) * classes).reduce((sum, w) => sum + Math.abs(w), 0),
  );
  const order = [...strength.keys()].sort((a, b) => strength[b] - strength[a] || a - b);
  const out = new Float32Array(strength.length);
  for (const d of order.slice(0, k)) out[d] = 1;
  return out;
}

/** Which leaf is the weight of the last linear layer, [D, K]: the last one of such a shape. */
const headOf = (network: Network): number =>
  shapesOf(network).findLastIndex((shape) => shape.length === 2 && shape[1] === network.classes);

const shapesOf = (network: Network) => leaves<ParamSpec>(network.weights, isParamSpec).map(({ shape }) => shape);
