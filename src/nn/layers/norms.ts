import { add, mean, mul, reciprocal, reshape, sqrt, square, sub } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { ParamSpec } from "../Network.ts";
import { type Affine, perChannel } from "./affine.ts";

/** Scale 1 and shift 0 of a norm. */
export const normParams = (...shape: number[]): Affine<ParamSpec> => ({
  weight: { shape, constant: 1 },
  bias: { shape, constant: 0 },
});

export const EPS = 1e-5;

/** (x − mean) / √(var + ε) over `axes`, then scaled and shifted. */
function standardise(x: Tensor, axes: readonly number[], scale: Tensor, shift: Tensor): Tensor {
  const centred = sub(x, mean(x, axes, true));
  const rstd = reciprocal(sqrt(add(mean(square(centred), axes, true), EPS)));
  return add(mul(centred, mul(rstd, scale)), shift);
}

/** GroupNorm with one channel a group: what the field calls InstanceNorm. Affine per channel. */
export const instanceNorm = (p: Affine<Tensor>, x: Tensor): Tensor =>
  standardise(x, [2, 3], perChannel(p.weight), perChannel(p.bias));

/** GroupNorm (Wu and He 2018). Affine per channel. */
export function groupNorm(p: Affine<Tensor>, x: Tensor, groups: number): Tensor {
  const [n, c, h, w] = x.shape;
  const split = (v: Tensor) => reshape(v, [groups, c / groups, 1, 1]);
  const grouped = reshape(x, [n, groups, c / groups, h, w]);
  return reshape(standardise(grouped, [2, 3, 4], split(p.weight), split(p.bias)), [n, c, h, w]);
}

/** LayerNorm over the trailing axes that the affine has: C H W of maps, D of tokens. */
export function layerNorm(p: Affine<Tensor>, x: Tensor): Tensor {
  const leading = x.shape.length - p.weight.shape.length;
  return standardise(
    x,
    p.weight.shape.map((_, i) => leading + i),
    p.weight,
    p.bias,
  );
}

/** Running mean and variance of a batch norm. */
export interface Running<T> {
  readonly [name: string]: T;
  readonly mean: T;
  readonly variance: T;
}

export const runningParams = (channels: number): Running<ParamSpec> => ({
  mean: { shape: [channels], constant: 0 },
  variance: { shape: [channels], constant: 1 },
});

const MOMENTUM = 0.1;

/**
 * BatchNorm2d (Ioffe and Szegedy 2015) with PyTorch's conventions: the batch's biased variance normalises, the
 * unbiased one enters the running estimate with momentum 0.1.
 */
export function batchNorm(
  p: Affine<Tensor>,
  running: Running<Tensor>,
  x: Tensor,
  training: boolean,
): { y: Tensor; running: Running<Tensor> } {
  const scale = perChannel(p.weight);
  const shift = perChannel(p.bias);
  if (!training) {
    const rstd = reciprocal(sqrt(add(perChannel(running.variance), EPS)));
    return { y: add(mul(sub(x, perChannel(running.mean)), mul(rstd, scale)), shift), running };
  }
  const [n, , h, w] = x.shape;
  const average = mean(x, [0, 2, 3], true);
  const centred = sub(x, average);
  const variance = mean(square(centred), [0, 2, 3], true);
  const rstd = reciprocal(sqrt(add(variance, EPS)));
  const mix = (old: Tensor, now: Tensor, by: number) => add(mul(old, 1 - MOMENTUM), mul(reshape(now, old.shape), by));
  const samples = n * h * w;
  return {
    y: add(mul(centred, mul(rstd, scale)), shift),
    running: {
      mean: mix(running.mean, average, MOMENTUM),
      variance: mix(running.variance, variance, (MOMENTUM * samples) / (samples - 1)),
    },
  };
}
