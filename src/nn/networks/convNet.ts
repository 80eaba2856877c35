import { UsageError } from "../../core/errors.ts";
import { avgPool2d, maxPool2d } from "../../tensor/conv.ts";
import { leakyRelu, relu, sigmoid, swish } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { type Affine, convParams, flattenMaps, linear, linearParams } from "../layers/affine.ts";
import { type ConvNorm, convNormParams, Normaliser, type NormKind, runningOf } from "../layers/Normaliser.ts";
import { type InputShape, type Network, type NetworkOptions, type ParamSpec, padTo32 } from "../Network.ts";

export const activations = { sigmoid, relu, leakyRelu: (x: Tensor) => leakyRelu(x, 0.01), swish } as const;
export const pools = { none: undefined, max: maxPool2d, avg: avgPool2d } as const;

export interface ConvNetOptions {
  /** Channels of every convolution. Default 128. */
  readonly width?: number;
  /** Number of blocks. Default 3. */
  readonly depth?: number;
  readonly norm?: NormKind;
  readonly activation?: keyof typeof activations;
  readonly pool?: keyof typeof pools;
  /** Width of an extra linear layer without activation before the last one (the attack's surrogate has 512). */
  readonly hidden?: number;
}

type Weights<T> = {
  readonly blocks: readonly ConvNorm<T>[];
  readonly hidden: Affine<T> | readonly [];
  readonly linear: Affine<T>;
};

/**
 * ConvNet-D of dataset distillation (Gidaris and Komodakis 2018, as in arXiv 2006.05929): D blocks of
 * [3×3 convolution → norm → activation → 2×2 pool], then a linear layer. 320 010 parameters at the defaults with 3
 * channels of 32 pixels and 10 classes. A 1-channel image of 28 pixels is padded to 32 by its first convolution.
 */
export function convNet(shape: InputShape, options: ConvNetOptions = {}): Network {
  const { width = 128, depth = 3, norm = "instance", activation = "relu", pool = "avg", hidden } = options;
  const { channels, size, classes } = shape;
  const firstPadding = 1 + padTo32(shape);
  const sizes = Array.from({ length: depth }, () => 0);
  let side = size + 2 * (firstPadding - 1);
  for (let i = 0; i < depth; i++) {
    sizes[i] = side;
    side = pool === "none" ? side : Math.floor(side / 2);
  }
  if (side < 1)
    throw new UsageError(
      `convNet: invalid depth: expected at most ${Math.floor(Math.log2(sizes[0]))}, as often as ${sizes[0]} pixels can be halved, got ${depth}`,
    );
  const flat = width * side * side;
  const act = activations[activation];
  const pooling = pools[pool];

  const weights: Weights<ParamSpec> = {
    blocks: sizes.map((s, i) => convNormParams(convParams(i === 0 ? channels : width, width, 3), norm, [width, s, s])),
    hidden: hidden === undefined ? [] : linearParams(flat, hidden),
    linear: linearParams(hidden ?? flat, classes),
  };

  return {
    name: norm === "batch" ? "convNetBN" : "convNet",
    input: [channels, size, size],
    classes,
    weights: weights as Tree<ParamSpec>,
    running: runningOf(
      norm,
      sizes.map(() => width),
    ),
    forward(tree, running, x, training) {
      const w = tree as unknown as Weights<Tensor>;
      const normaliser = new Normaliser(norm, running, training);
      let h = x;
      const maps: Tensor[] = [];
      w.blocks.forEach((block, i) => {
        h = act(normaliser.convNorm(block, h, { padding: i === 0 ? firstPadding : 1 }));
        maps.push(h);
        if (pooling) h = pooling(h, 2);
      });
      h = flattenMaps(h);
      const features = hidden === undefined ? h : linear(w.hidden as Affine<Tensor>, h);
      const { read: normed, updated } = normaliser;
      return { features, logits: linear(w.linear, features), maps, normed, running: updated };
    },
  };
}

/** `convNet` with batch norm. */
export const convNetBN = (shape: InputShape, { width }: NetworkOptions = {}): Network =>
  convNet(shape, { width, norm: "batch" });
