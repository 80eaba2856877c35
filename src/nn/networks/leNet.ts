import { maxPool2d } from "../../tensor/conv.ts";
import { relu } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { type Affine, conv, convParams, flattenMaps, linear, linearParams } from "../layers/affine.ts";
import { type InputShape, inProportion, type Network, type NetworkOptions, type ParamSpec } from "../Network.ts";

type Weights<T> = { readonly convs: readonly Affine<T>[]; readonly linears: readonly Affine<T>[] };

/**
 * LeNet with ReLU (LeCun et al. 1998, as in arXiv 2006.05929): 5×5 convolution to 6 channels → max pool → 5×5 to 16 → max
 * pool → 120 → 84 → K. The first convolution pads a 1-channel image by 2. 62 006 parameters at 3 channels of 32 pixels.
 */
export function leNet({ channels, size, classes }: InputShape, { width = 6 }: NetworkOptions = {}): Network {
  const of = inProportion(width, 6);
  const padding = channels === 1 ? 2 : 0;
  const first = Math.floor((size + 2 * padding - 4) / 2);
  const side = Math.floor((first - 4) / 2);
  const weights: Weights<ParamSpec> = {
    convs: [convParams(channels, width, 5), convParams(width, of(16), 5)],
    linears: [
      linearParams(of(16) * side * side, of(120)),
      linearParams(of(120), of(84)),
      linearParams(of(84), classes),
    ],
  };
  return {
    name: "leNet",
    input: [channels, size, size],
    classes,
    weights: weights as Tree<ParamSpec>,
    running: [],
    forward(tree, _running, x) {
      const { convs, linears } = tree as unknown as Weights<Tensor>;
      let h = maxPool2d(relu(conv(convs[0], x, { padding })), 2);
      h = maxPool2d(relu(conv(convs[1], h)), 2);
      h = relu(linear(linears[0], flattenMaps(h)));
      const features = relu(linear(linears[1], h));
      return { features, logits: linear(linears[2], features), running: [] };
    },
  };
}
