import type { Device } from "../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { sgd } from "../../nn/optimisers.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import {
  add,
  constant,
  div,
  matmul,
  maximum,
  mean,
  mul,
  neg,
  sin,
  sqrt,
  square,
  sub,
  sum,
  transpose,
} from "../../tensor/ops.ts";
import { isTensor, type Tensor } from "../../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import { applyUpdate } from "../../train/Learner.ts";
import { samplerMomentum } from "./characteristicOptions.ts";
import { sampled, samplerParams } from "./sampler.ts";

/** φ(x) of length 1: (weights) → (images [B, C, H, W]) → [B, D]. */
export type UnitFeatures = CompiledHeld<[Tree<Floats>], [Floats], Floats>;

export async function compileUnitFeatures(network: Network, n: number, device: Device): Promise<UnitFeatures> {
  const program = (weights: Tree<Tensor>, x: Tensor) => unitFeatures(network, weights, x);
  return (await compileHeld(program, [specsOf(network.weights)], [f32(n, ...network.input)], device)) as UnitFeatures;
}

/** The floor is PyTorch's, 1e-12 under the norm. */
function unitFeatures(network: Network, weights: Tree<Tensor>, x: Tensor): Tensor {
  const { features } = network.forward(weights, [], x, true);
  return div(features, sqrt(maximum(sum(square(features), [1], true), 1e-24)));
}

/**
 * Φ of angles [N, T] with a share [1, N] of each row; `below` is 1 − Re Φ. Where all angles are small Φ is nearly 1: sums and products of
 * it would leave nothing of a difference, so that |Φ| − |Φ̃| is (|Φ|² − |Φ̃|²) / (|Φ| + |Φ̃|), and the phase term |Φ − Φ̃|² − (|Φ| − |Φ̃|)².
 */
function characteristic(angles: Tensor, share: Tensor) {
  const below = matmul(share, mul(square(sin(mul(angles, 0.5))), 2));
  const [re, im] = [sub(1, below), matmul(share, sin(angles))];
  return { below, re, im, abs: sqrt(add(square(re), square(im))) };
}

/** The published factor before the loss. */
const SCALE = 300;

const samplerOptimiser = sgd({ momentum: samplerMomentum });

export interface CharacteristicShape {
  /** Synthetic images of a class as networks see them: f²·ipc. */
  readonly n: number;
  /** D. */
  readonly features: number;
  /** T. */
  readonly frequencies: number;
  /** Real images of a class at most. */
  readonly batchReal: number;
  /** Frequencies come from ψ, which learns. */
  readonly learnt: boolean;
  readonly alpha: number;
}

/** ψ and its momentum; empty trees where frequencies are given. */
export type Sampler<T = Floats> = {
  readonly weights: Tree<T>;
  readonly velocity: Tree<T>;
};

/**
 * (weights) → (images [N, C, H, W] as networks see them, φ(real) [B, D], share of each real image [1, B], numbers [T, D], ψ, its rate [1]) →
 * the loss, its derivative by the images, and ψ a step further
 */
export type CharacteristicSlope = CompiledHeld<
  [Tree<Floats>],
  [Floats, Floats, Floats, Floats, Sampler, Floats],
  { loss: Floats; gradient: Floats; sampler: Sampler }
>;

/**
 * Compile the derivative, by the synthetic images of a class, of the distance of characteristic functions Φ(t) = mean exp(i ⟨t, φ(x)⟩) at
 * frequencies t (arXiv 2502.20653, eq. 6 and its program):
 *
 *   L = 300 · mean_t √(α (|Φ| − |Φ̃|)² + (1 − α) · 2 (|Φ| |Φ̃| − Re Φ Re Φ̃ − Im Φ Im Φ̃)).
 *
 * Where ψ makes t of the given numbers it takes a step uphill at once (min over images, max over ψ).
 */
export async function compileCharacteristicSlope(
  network: Network,
  { n, features, frequencies, batchReal, learnt, alpha }: CharacteristicShape,
  device: Device,
): Promise<CharacteristicSlope> {
  const program = (
    weights: Tree<Tensor>,
    images: Tensor,
    real: Tensor,
    share: Tensor,
    numbers: Tensor,
    { weights: psi, velocity }: Sampler<Tensor>,
    rate: Tensor,
  ): Tree<Tensor> => {
    const loss = ({ x, psi: now }: { x: Tensor; psi: Tree<Tensor> }) => {
      const t = transpose(learnt ? sampled(now, numbers) : numbers, [1, 0]);
      const own = matmul(unitFeatures(network, weights, x), t);
      const of = matmul(real, t);
      const ones = constant(new Float32Array(n).fill(1 / n), [1, n]);
      const [u, v] = [characteristic(of, share), characteristic(own, ones)];
      const [re, im] = [sub(v.below, u.below), sub(u.im, v.im)];
      const amplitude = div(add(mul(re, add(u.re, v.re)), mul(im, add(u.im, v.im))), add(u.abs, v.abs));
      const phase = maximum(sub(add(square(re), square(im)), square(amplitude)), 1e-12);
      const both = add(mul(square(amplitude), alpha), mul(phase, 1 - alpha));
      return mul(mean(sqrt(both)), SCALE);
    };
    const [value, slope] = valueAndGrad(loss as never)({ x: images, psi } as never) as unknown as [
      Tensor,
      { x: Tensor; psi: Tree<Tensor> },
    ];
    const found = { loss: value, gradient: slope.x };
    if (!learnt) return { ...found, sampler: { weights: psi, velocity } };
    const uphill = rebuild(psi, isTensor, leaves<Tensor>(slope.psi, isTensor).map(neg));
    const climbed = applyUpdate(samplerOptimiser, psi, uphill, [velocity], rate);
    return { ...found, sampler: { weights: climbed.weights, velocity: climbed.slots[0] } };
  };
  const psi = learnt ? specsOf(samplerParams(features)) : [];
  const specs = [
    f32(n, ...network.input),
    ...[f32(batchReal, features), f32(1, batchReal), f32(frequencies, features)],
    ...[{ weights: psi, velocity: psi }, f32(1)],
  ];
  return (await compileHeld(program, [specsOf(network.weights)], specs, device)) as CharacteristicSlope;
}
