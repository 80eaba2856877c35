import { avgPool2d } from "../../tensor/conv.ts";
import { add, relu } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { type Affine, convParams, flattenMaps, linear, linearParams } from "../layers/affine.ts";
import { type ConvNorm, convNormParams, Normaliser, runningOf } from "../layers/Normaliser.ts";
import type { InputShape, Network, NetworkOptions, ParamSpec } from "../Network.ts";

type Block<T> = {
  readonly first: ConvNorm<T>;
  readonly second: ConvNorm<T>;
  /** 1×1 convolution where the shape changes. */
  readonly shortcut: ConvNorm<T> | readonly [];
};
type Weights<T> = { readonly stem: ConvNorm<T>; readonly blocks: readonly Block<T>[]; readonly linear: Affine<T> };

interface Form {
  readonly name: string;
  readonly norm: "instance" | "batch";
  /** `average`: strides become 2×2 average pools, and the classifier reads the last maps whole. */
  readonly downsample: "stride" | "average";
}

/** Width of each basic block as a multiple of the stem's; the first of a new width halves the side. */
const multiples = [1, 1, 2, 2, 4, 4, 8, 8] as const;
const halves = (i: number): boolean => i > 0 && multiples[i] !== multiples[i - 1];

/** ResNet18 in one of its forms. No convolution has a bias. */
function resNet({ name, norm, downsample }: Form, shape: InputShape, { width = 64 }: NetworkOptions): Network {
  const { channels, size, classes } = shape;
  const half = (side: number) => (downsample === "stride" ? Math.ceil(side / 2) : Math.floor(side / 2));
  let side = size;
  let from = width;
  const layer = (input: number, out: number, k: number) =>
    convNormParams({ weight: convParams(input, out, k).weight }, norm, [out, side, side]);
  const stem = layer(channels, width, 3);
  const blocks = multiples.map((multiple, i): Block<ParamSpec> => {
    if (halves(i)) side = half(side);
    const out = width * multiple;
    const input = from;
    from = out;
    return {
      first: layer(input, out, 3),
      second: layer(out, out, 3),
      shortcut: halves(i) ? layer(input, out, 1) : [],
    };
  });
  if (downsample === "stride") side = Math.floor(side / 4);
  const weights: Weights<ParamSpec> = { stem, blocks, linear: linearParams(from * side * side, classes) };

  function basicBlock(w: Block<Tensor>, i: number, x: Tensor, normaliser: Normaliser): Tensor {
    const stride = halves(i) && downsample === "stride" ? 2 : 1;
    const pooled = (h: Tensor) => (halves(i) && downsample === "average" ? avgPool2d(h, 2) : h);
    const h = pooled(relu(normaliser.convNorm(w.first, x, { stride, padding: 1 })));
    const direct = normaliser.convNorm(w.second, h, { padding: 1 });
    // Differs: the field averages after the 1×1 convolution. They commute, and the smaller maps take less work.
    const short = halves(i) ? normaliser.convNorm(w.shortcut as ConvNorm<Tensor>, pooled(x), { stride }) : x;
    return relu(add(direct, short));
  }

  return {
    name,
    input: [channels, size, size],
    classes,
    weights: weights as unknown as Tree<ParamSpec>,
    running: runningOf(norm, [
      width,
      ...multiples.flatMap((m, i) => Array.from({ length: halves(i) ? 3 : 2 }, () => width * m)),
    ]),
    forward(tree, running, x, training) {
      const w = tree as unknown as Weights<Tensor>;
      const normaliser = new Normaliser(norm, running, training);
      let h = relu(normaliser.convNorm(w.stem, x, { padding: 1 }));
      w.blocks.forEach((block, i) => {
        h = basicBlock(block, i, h, normaliser);
      });
      const features = flattenMaps(downsample === "stride" ? avgPool2d(h, 4) : h);
      return { features, logits: linear(w.linear, features), running: normaliser.updated };
    },
  };
}

const form =
  (f: Form) =>
  (shape: InputShape, options: NetworkOptions = {}): Network =>
    resNet(f, shape, options);

/**
 * ResNet18 for small pictures (He et al. 2016, as in arXiv 2006.05929): 3×3 stem to 64 channels, eight basic blocks to
 * 512, instance norm, 4×4 average pool, one linear layer. 11 173 962 parameters at 3 channels.
 */
export const resNet18 = form({ name: "resNet18", norm: "instance", downsample: "stride" });

/** `resNet18` with batch norm. */
export const resNet18BN = form({ name: "resNet18BN", norm: "batch", downsample: "stride" });

/** `resNet18` with 2×2 average pools instead of strides, and no pool before the classifier (arXiv 2102.08259). */
export const resNet18AP = form({ name: "resNet18AP", norm: "instance", downsample: "average" });

/** `resNet18AP` with batch norm. */
export const resNet18BNAP = form({ name: "resNet18BNAP", norm: "batch", downsample: "average" });
