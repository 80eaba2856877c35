import { UsageError } from "../../core/errors.ts";
import { add, constant, mean, reshape, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { type Affine, conv, convParams, linear, linearParams } from "../layers/affine.ts";
import { layerNorm, normParams } from "../layers/norms.ts";
import { type EncoderBlock, encoderBlock, encoderBlockParams } from "../layers/transformer.ts";
import type { InputShape, Network, NetworkOptions, ParamSpec } from "../Network.ts";

type Weights<T> = {
  /** Patches → tokens, as a convolution. */
  readonly patch: Affine<T>;
  readonly blocks: readonly EncoderBlock<T>[];
  readonly norm: Affine<T>;
  readonly linear: Affine<T>;
};

const PATCH = 4;
const DEPTH = 6;
const HEADS = 3;

/**
 * A small vision transformer: 4×4 patches, dimension 192, 6 blocks of 3 heads, in the simple form of arXiv 2205.01580: fixed
 * sine positions, no class token, mean of the tokens. 2 680 906 parameters at 3 channels.
 *
 * Chosen: the field has no fixed definition for small pictures; these are the sizes of ViT-Ti at half its depth.
 */
export function vit({ channels, size, classes }: InputShape, { width = 192 }: NetworkOptions = {}): Network {
  if (width % 12 !== 0) throw new UsageError(`vit: invalid width: expected a multiple of 12, got ${width}`);
  if (size % PATCH !== 0) throw new UsageError(`vit: invalid image side: expected a multiple of ${PATCH}, got ${size}`);
  const side = size / PATCH;
  const weights: Weights<ParamSpec> = {
    patch: convParams(channels, width, PATCH),
    blocks: Array.from({ length: DEPTH }, () => encoderBlockParams(width)),
    norm: normParams(width),
    linear: linearParams(width, classes),
  };
  const positions = sinePositions(side, width);
  return {
    name: "vit",
    input: [channels, size, size],
    classes,
    weights: weights as Tree<ParamSpec>,
    running: [],
    forward(tree, _running, x) {
      const w = tree as unknown as Weights<Tensor>;
      const maps = conv(w.patch, x, { stride: PATCH });
      const tokens = reshape(transpose(maps, [0, 2, 3, 1]), [x.shape[0], side * side, width]);
      let h = add(tokens, constant(positions, [side * side, width]));
      for (const block of w.blocks) h = encoderBlock(block, h, HEADS);
      const features = mean(layerNorm(w.norm, h), [1]);
      return { features, logits: linear(w.linear, features), running: [] };
    },
  };
}

/** [T, D]: sin x·ω, cos x·ω, sin y·ω, cos y·ω side by side, ω = 10000^(−j / (D/4 − 1)) for j = 0 … D/4 − 1. */
function sinePositions(side: number, dim: number): Float32Array {
  const quarter = dim / 4;
  const out = new Float32Array(side * side * dim);
  for (let t = 0; t < side * side; t++)
    for (let j = 0; j < quarter; j++) {
      const omega = 10_000 ** (-j / (quarter - 1));
      const [x, y] = [(t % side) * omega, Math.floor(t / side) * omega];
      [Math.sin(x), Math.cos(x), Math.sin(y), Math.cos(y)].forEach((v, i) => {
        out[t * dim + i * quarter + j] = v;
      });
    }
  return out;
}
