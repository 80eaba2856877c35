import { type ConvOptions, conv2d } from "../../tensor/conv.ts";
import { add, matmul, reshape, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { ParamSpec } from "../Network.ts";

/** Weight and bias of a linear or convolutional layer, or scale and shift of a norm. */
export interface Affine<T> {
  readonly [name: string]: T;
  readonly weight: T;
  readonly bias: T;
}

/** Weight of a convolution, with or without a bias. */
export type Kernel<T> = { readonly weight: T; readonly bias?: T };

/**
 * Linear layer in PyTorch's default distribution: Kaiming uniform with a = √5, which is U(±1/√fanIn), for weight and
 * bias. Weight [in, out]. Differs: PyTorch stores [out, in].
 *
 * @example
 * const weights = [linearParams(3 * 32 * 32, 64), linearParams(64, 10)];
 */
export function linearParams(fanIn: number, out: number): Affine<ParamSpec> {
  const bound = 1 / Math.sqrt(fanIn);
  return { weight: { shape: [fanIn, out], bound }, bias: { shape: [out], bound } };
}

/**
 * x [N, …, in] → [N, …, out].
 *
 * @example
 * const logits = linear(layer, features);
 */
export const linear = (p: Affine<Tensor>, x: Tensor): Tensor => add(matmul(x, p.weight), p.bias);

/**
 * Convolution in PyTorch's default distribution. Weight [k, k, in, out].
 *
 * @example
 * const weights = [convParams(3, 32, 3), linearParams(32 * 16 * 16, 10)];
 */
export function convParams(channels: number, out: number, k: number): Affine<ParamSpec> {
  const bound = 1 / Math.sqrt(channels * k * k);
  return { weight: { shape: [k, k, channels, out], bound }, bias: { shape: [out], bound } };
}

/**
 * x [N, C, H, W] → [N, out, H′, W′].
 *
 * @example
 * const y = conv(layer, x, { padding: 1 });
 */
export function conv({ weight, bias }: Kernel<Tensor>, x: Tensor, options?: ConvOptions): Tensor {
  const y = conv2d(x, weight, options);
  return bias === undefined ? y : add(y, perChannel(bias));
}

export const perChannel = (x: Tensor): Tensor => reshape(x, [x.shape[0], 1, 1]);

/**
 * Maps [N, C, H, W] → features [N, H·W·C]. Differs: PyTorch flattens C, H, W. In this order the gradient of the weight
 * that reads them lies as the weight does.
 */
export function flattenMaps(x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  return reshape(transpose(x, [0, 2, 3, 1]), [n, h * w * c]);
}
