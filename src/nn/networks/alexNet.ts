import { maxPool2d } from "../../tensor/conv.ts";
import { relu } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { type Affine, conv, convParams, flattenMaps, linear, linearParams } from "../layers/affine.ts";
import { type InputShape, inProportion, type Network, type NetworkOptions, type ParamSpec } from "../Network.ts";

type Weights<T> = { readonly convs: readonly Affine<T>[]; readonly linear: Affine<T> };

/** Output channels, kernel side, and whether a 2×2 max pool follows. */
const layers = [
  [128, 5, true],
  [192, 5, true],
  [256, 3, false],
  [192, 3, false],
  [192, 3, true],
] as const;

/**
 * AlexNet for small pictures (Krizhevsky et al. 2012, as in arXiv 2006.05929): five convolutions with ReLU and no norm,
 * three max pools, one linear layer. The first convolution pads a 1-channel image by 4 instead of 2, so that 28 pixels
 * become 32. 1 872 202 parameters at 3 channels of 32 pixels.
 */
export function alexNet({ channels, size, classes }: InputShape, { width = 128 }: NetworkOptions = {}): Network {
  const of = inProportion(width, 128);
  const padding = (i: number) => (i === 0 && channels === 1 ? 4 : Math.floor(layers[i][1] / 2));
  let side = size + 2 * (padding(0) - 2);
  let from = channels;
  const convs = layers.map(([out, k, pooled]) => {
    if (pooled) side = Math.floor(side / 2);
    const params = convParams(from, of(out), k);
    from = of(out);
    return params;
  });
  const weights: Weights<ParamSpec> = { convs, linear: linearParams(from * side * side, classes) };
  return {
    name: "alexNet",
    input: [channels, size, size],
    classes,
    weights: weights as Tree<ParamSpec>,
    running: [],
    forward(tree, _running, x) {
      const w = tree as unknown as Weights<Tensor>;
      let h = x;
      layers.forEach(([, , pooled], i) => {
        h = relu(conv(w.convs[i], h, { padding: padding(i) }));
        if (pooled) h = maxPool2d(h, 2);
      });
      const features = flattenMaps(h);
      return { features, logits: linear(w.linear, features), running: [] };
    },
  };
}
