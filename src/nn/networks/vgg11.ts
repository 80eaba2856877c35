import { maxPool2d } from "../../tensor/conv.ts";
import { relu } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { type Affine, convParams, flattenMaps, linear, linearParams } from "../layers/affine.ts";
import { type ConvNorm, convNormParams, Normaliser, runningOf } from "../layers/Normaliser.ts";
import {
  type InputShape,
  inProportion,
  type Network,
  type NetworkOptions,
  type ParamSpec,
  padTo32,
} from "../Network.ts";

type Weights<T> = { readonly blocks: readonly ConvNorm<T>[]; readonly linear: Affine<T> };

/** Output channels of each 3×3 convolution, and whether a 2×2 max pool follows. */
const layers = [
  [64, true],
  [128, true],
  [256, false],
  [256, true],
  [512, false],
  [512, true],
  [512, false],
  [512, true],
] as const;

/** Eight blocks of [3×3 convolution → norm → ReLU] with five max pools, one linear layer. */
function vgg(name: string, norm: "instance" | "batch", shape: InputShape, { width = 64 }: NetworkOptions): Network {
  const { channels, size, classes } = shape;
  const of = inProportion(width, 64);
  const firstPadding = 1 + padTo32(shape);
  let side = size + 2 * (firstPadding - 1);
  let from = channels;
  const blocks = layers.map(([out, pooled]) => {
    const block = convNormParams(convParams(from, of(out), 3), norm, [of(out), side, side]);
    from = of(out);
    if (pooled) side = Math.floor(side / 2);
    return block;
  });
  const weights: Weights<ParamSpec> = { blocks, linear: linearParams(from * side * side, classes) };
  return {
    name,
    input: [channels, size, size],
    classes,
    weights: weights as Tree<ParamSpec>,
    running: runningOf(
      norm,
      layers.map(([out]) => of(out)),
    ),
    forward(tree, running, x, training) {
      const w = tree as unknown as Weights<Tensor>;
      const normaliser = new Normaliser(norm, running, training);
      let h = x;
      layers.forEach(([, pooled], i) => {
        h = relu(normaliser.convNorm(w.blocks[i], h, { padding: i === 0 ? firstPadding : 1 }));
        if (pooled) h = maxPool2d(h, 2);
      });
      const features = flattenMaps(h);
      return { features, logits: linear(w.linear, features), running: normaliser.updated };
    },
  };
}

/** VGG11 (Simonyan and Zisserman 2015, as in arXiv 2006.05929) with instance norm. 9 231 114 parameters at 3 channels. */
export const vgg11 = (shape: InputShape, options: NetworkOptions = {}): Network =>
  vgg("vgg11", "instance", shape, options);

/** `vgg11` with batch norm. */
export const vgg11BN = (shape: InputShape, options: NetworkOptions = {}): Network =>
  vgg("vgg11BN", "batch", shape, options);
