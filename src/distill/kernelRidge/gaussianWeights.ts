import { child, type Key, normal } from "../../core/random.ts";
import { type Floats, isParamSpec, type Network, type ParamSpec } from "../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";

/**
 * The weights of a random network whose features approximate a Gaussian process: N(0, 2 / fan in), biases N(0, 0.1²) (the published
 * program of arXiv 2210.12067).
 */
export function gaussianWeights(network: Network, key: Key): Tree<Floats> {
  const specs = leaves<ParamSpec>(network.weights, isParamSpec);
  const drawn = specs.map(({ shape }, i) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const fanIn = count / shape[shape.length - 1];
    return normal(child(key, i), count, 0, shape.length === 1 ? 0.1 : Math.sqrt(2 / fanIn));
  });
  return rebuild(network.weights, isParamSpec, drawn);
}
