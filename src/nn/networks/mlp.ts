import { relu, reshape } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { type Affine, linear, linearParams } from "../layers/affine.ts";
import type { InputShape, Network, NetworkOptions, ParamSpec } from "../Network.ts";

/** Multi-layer perceptron in → 128 → 128 → K with ReLU (arXiv 2006.05929). */
export function mlp({ channels, size, classes }: InputShape, { width = 128 }: NetworkOptions = {}): Network {
  const inputs = channels * size * size;
  const weights = [linearParams(inputs, width), linearParams(width, width), linearParams(width, classes)];
  return {
    name: "mlp",
    input: [channels, size, size],
    classes,
    weights: weights as Tree<ParamSpec>,
    running: [],
    forward(tree, _running, x) {
      const [first, second, last] = tree as unknown as Affine<Tensor>[];
      const h = relu(linear(first, reshape(x, [x.shape[0], inputs])));
      const features = relu(linear(second, h));
      return { features, logits: linear(last, features), running: [] };
    },
  };
}
