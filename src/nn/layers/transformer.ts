import { add, gelu, matmul, mul, reshape, slice, softmax, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { ParamSpec } from "../Network.ts";
import { type Affine, linear, linearParams } from "./affine.ts";
import { layerNorm, normParams } from "./norms.ts";

/** A pre-norm encoder block: attention and a two-layer perceptron, each added to its input. */
export type EncoderBlock<T> = {
  readonly attentionNorm: Affine<T>;
  /** Queries, keys and values side by side, D → 3D. */
  readonly qkv: Affine<T>;
  readonly out: Affine<T>;
  readonly mlpNorm: Affine<T>;
  readonly up: Affine<T>;
  readonly down: Affine<T>;
};

/** Parameters of a block over tokens of `dim` numbers; the perceptron is four times as wide. */
export const encoderBlockParams = (dim: number): EncoderBlock<ParamSpec> => ({
  attentionNorm: normParams(dim),
  qkv: linearParams(dim, 3 * dim),
  out: linearParams(dim, dim),
  mlpNorm: normParams(dim),
  up: linearParams(dim, 4 * dim),
  down: linearParams(4 * dim, dim),
});

/** x + attention(LN(x)), then + MLP(LN(x)) with GELU (Dosovitskiy et al. 2021, eq. 2–3). x [N, T, D]. */
export function encoderBlock(p: EncoderBlock<Tensor>, x: Tensor, heads: number): Tensor {
  const attended = linear(p.out, attention(linear(p.qkv, layerNorm(p.attentionNorm, x)), heads));
  const h = add(x, attended);
  return add(h, linear(p.down, gelu(linear(p.up, layerNorm(p.mlpNorm, h)))));
}

/** softmax(Q Kᵀ / √(D / heads)) V of each head (Vaswani et al. 2017). qkv [N, T, 3D] → [N, T, D]. */
function attention(qkv: Tensor, heads: number): Tensor {
  const [n, t, wide] = qkv.shape;
  const dim = wide / 3;
  const part = (i: number, perm: readonly number[]) => {
    const one = slice(qkv, [
      [0, n],
      [0, t],
      [i * dim, (i + 1) * dim],
    ]);
    return transpose(reshape(one, [n, t, heads, dim / heads]), perm);
  };
  const [q, k, v] = [part(0, [0, 2, 1, 3]), part(1, [0, 2, 3, 1]), part(2, [0, 2, 1, 3])];
  const weights = softmax(mul(matmul(q, k), Math.sqrt(heads / dim)));
  return reshape(transpose(matmul(weights, v), [0, 2, 1, 3]), [n, t, dim]);
}
