import { UsageError } from "../../core/errors.ts";
import { avgPool2d, conv2d, maxPool2d } from "../../tensor/conv.ts";
import { leakyRelu, relu, reshape, sigmoid, swish, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import {
  type Affine,
  batchNorm,
  conv,
  convParams,
  groupNorm,
  instanceNorm,
  layerNorm,
  linear,
  linearParams,
  normParams,
  type Running,
  runningParams,
} from "../layers.ts";
import type { InputShape, Network, ParamSpec } from "../Network.ts";

export const norms = ["none", "batch", "layer", "instance", "group"] as const;
export const activations = { sigmoid, relu, leakyRelu: (x: Tensor) => leakyRelu(x, 0.01), swish } as const;
export const pools = { none: undefined, max: maxPool2d, avg: avgPool2d } as const;

export interface ConvNetOptions {
  /** Channels of every convolution. Default 128. */
  readonly width?: number;
  /** Number of blocks. Default 3. */
  readonly depth?: number;
  readonly norm?: (typeof norms)[number];
  readonly activation?: keyof typeof activations;
  readonly pool?: keyof typeof pools;
  /** Width of an extra linear layer without activation before the last one (the attack's surrogate has 512). */
  readonly hidden?: number;
}

type Block<T> = { readonly conv: Affine<T>; readonly norm: Affine<T> | readonly [] };
type Weights<T> = {
  readonly blocks: readonly Block<T>[];
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
  const firstPadding = channels === 1 && size === 28 ? 3 : 1;
  const sizes = Array.from({ length: depth }, () => 0);
  let side = size + 2 * (firstPadding - 1);
  for (let i = 0; i < depth; i++) {
    sizes[i] = side;
    side = pool === "none" ? side : Math.floor(side / 2);
  }
  if (side < 1)
    throw new UsageError(`convNet: invalid depth: expected at most log2 of the image side ${size}, got ${depth}`);
  const flat = width * side * side;
  const act = activations[activation];
  const pooling = pools[pool];

  const weights = {
    blocks: sizes.map((s, i) => ({
      conv: convParams(i === 0 ? channels : width, width, 3),
      norm: norm === "none" ? [] : norm === "layer" ? normParams(width, s, s) : normParams(width),
    })),
    hidden: hidden === undefined ? [] : linearParams(flat, hidden),
    linear: linearParams(hidden ?? flat, classes),
  };

  return {
    name: "convNet",
    input: [channels, size, size],
    classes,
    weights: weights as unknown as Tree<ParamSpec>,
    running: norm === "batch" ? sizes.map(() => runningParams(width)) : [],
    forward(tree, runningTree, x, training) {
      const w = tree as unknown as Weights<Tensor>;
      const running = runningTree as unknown as readonly Running<Tensor>[];
      const updated: Running<Tensor>[] = [];
      let h = x;
      w.blocks.forEach((block, i) => {
        const padding = i === 0 ? firstPadding : 1;
        // Differs: PyTorch adds the bias, and the instance norm takes it out again with the mean. It has no effect and
        // no gradient (PyTorch's is rounding noise), so it stays out of the computation.
        h = norm === "instance" ? conv2d(h, block.conv.weight, { padding }) : conv(block.conv, h, { padding });
        const affine = block.norm as Affine<Tensor>;
        if (norm === "instance") h = instanceNorm(affine, h);
        if (norm === "group") h = groupNorm(affine, h, 4);
        if (norm === "layer") h = layerNorm(affine, h);
        if (norm === "batch") {
          const out = batchNorm(affine, running[i], h, training);
          h = out.y;
          updated.push(out.running);
        }
        h = act(h);
        if (pooling) h = pooling(h, 2);
      });
      // Differs: PyTorch flattens C, H, W. In this order the gradient of the weight lies as the weight does.
      h = reshape(transpose(h, [0, 2, 3, 1]), [x.shape[0], flat]);
      const features = hidden === undefined ? h : linear(w.hidden as Affine<Tensor>, h);
      return { features, logits: linear(w.linear, features), running: updated as unknown as Tree<Tensor> };
    },
  };
}
