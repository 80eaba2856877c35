import { linear, linearParams } from "../../nn/layers/affine.ts";
import type { ParamSpec } from "../../nn/Network.ts";
import { add, div, leakyRelu, mean, mul, sigmoid, sqrt, square, sub } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";

/** One layer of the sampling network: linear, then batch norm. */
interface SamplerLayer<T> {
  readonly linear: { readonly weight: T; readonly bias: T };
  readonly scale: T;
  readonly shift: T;
}

const LAYERS = 3;

/** The network ψ that makes frequencies of noise (arXiv 2502.20653, §3.3, and its program): three layers as wide as the features. */
export const samplerParams = (features: number): Tree<ParamSpec> =>
  Array.from({ length: LAYERS }, () => ({
    linear: linearParams(features, features) as unknown as Tree<ParamSpec>,
    scale: { shape: [features], constant: 1 },
    shift: { shape: [features], constant: 0 },
  })) as unknown as Tree<ParamSpec>;

/** Noise [T, D] to frequencies [T, D] in (−1, 1). */
export function sampled(weights: Tree<Tensor>, noise: Tensor): Tensor {
  const layers = weights as unknown as readonly SamplerLayer<Tensor>[];
  return layers.reduce((x, layer, i) => {
    const y = linear(layer.linear, x);
    const centred = sub(y, mean(y, [0], true));
    const normed = div(centred, sqrt(add(mean(square(centred), [0], true), 1e-5)));
    const z = add(mul(normed, layer.scale), layer.shift);
    return i < layers.length - 1 ? leakyRelu(z, 0.2) : tanh(z);
  }, noise);
}

const tanh = (x: Tensor): Tensor => sub(mul(sigmoid(mul(x, 2)), 2), 1);
