import type { Floats } from "../../nn/Network.ts";

/** What Adam carries on. */
export interface Moments {
  readonly mean: Floats;
  readonly square: Floats;
}

export interface MomentOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

export const noMoments = (length: number): Moments => ({
  mean: new Float32Array(length),
  square: new Float32Array(length),
});

/** Adam's direction, with bias correction, on an array outside a program (Kingma and Ba 2015). @param step 0, 1, … */
export function adamDirection(
  { mean, square }: Moments,
  gradient: Floats,
  step: number,
  { beta1, beta2, eps }: MomentOptions,
): Moments & { readonly direction: Floats } {
  const [first, second] = [1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)];
  const m = mean.map((v, i) => beta1 * v + (1 - beta1) * gradient[i]);
  const s = square.map((v, i) => beta2 * v + (1 - beta2) * gradient[i] ** 2);
  return { mean: m, square: s, direction: m.map((v, i) => v / first / (Math.sqrt(s[i] / second) + eps)) };
}

/**
 * A step of AdaBelief (arXiv 2010.07468, algorithm 2) without decay: as long as the gradient is as expected.
 *
 * @param step 0, 1, …
 */
export function adaBeliefStep(
  values: Floats,
  moments: Moments,
  gradient: Floats,
  step: number,
  lr: number,
): Moments & { readonly values: Floats } {
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-16];
  const [first, second] = [1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)];
  const mean = moments.mean.map((v, i) => beta1 * v + (1 - beta1) * gradient[i]);
  const square = moments.square.map((v, i) => beta2 * v + (1 - beta2) * (gradient[i] - mean[i]) ** 2 + eps);
  const moved = values.map((x, i) => x - (lr * mean[i]) / first / (Math.sqrt(square[i] / second) + eps));
  return { mean, square, values: moved };
}

/** LAMB without decay (You et al. 2020): as long a step as `lr` times the array itself, in Adam's direction. */
export function lambStep(
  values: Floats,
  moments: Moments,
  gradient: Floats,
  step: number,
  lr: number,
): Moments & { readonly values: Floats } {
  const { direction, ...next } = adamDirection(moments, gradient, step, { beta1: 0.9, beta2: 0.999, eps: 1e-6 });
  const [own, way] = [norm(values), norm(direction)];
  const by = own > 0 && way > 0 ? (lr * own) / way : lr;
  return { ...next, values: values.map((x, i) => x - by * direction[i]) };
}

const norm = (x: Floats): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
