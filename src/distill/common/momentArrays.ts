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

/**
 * A step of SGD: v ← μ v + g, x ← x − η v.
 *
 * @param velocity v; undefined without momentum
 */
export function momentumStep(
  values: Floats,
  velocity: Floats | undefined,
  gradient: Floats,
  momentum: number,
  lr: number,
): { readonly values: Floats; readonly velocity: Floats | undefined } {
  const next = velocity ? new Float32Array(gradient) : gradient;
  if (velocity) for (let i = 0; i < next.length; i++) next[i] = momentum * velocity[i] + gradient[i];
  const moved = new Float32Array(values);
  for (let i = 0; i < moved.length; i++) moved[i] = values[i] - lr * next[i];
  return { values: moved, velocity: velocity && next };
}

/** Adam's direction, with bias correction, on an array outside a program (Kingma and Ba 2015). @param step 0, 1, … */
export function adamDirection(
  { mean, square }: Moments,
  gradient: Floats,
  step: number,
  { beta1, beta2, eps }: MomentOptions,
): Moments & { readonly direction: Floats } {
  const [first, second] = [1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)];
  const [m, s, direction] = [0, 1, 2].map(() => new Float32Array(gradient.length));
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i];
    m[i] = beta1 * mean[i] + (1 - beta1) * g;
    s[i] = beta2 * square[i] + (1 - beta2) * (g * g);
    direction[i] = m[i] / first / (Math.sqrt(s[i] / second) + eps);
  }
  return { mean: m, square: s, direction };
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
  const moved = new Float32Array(values.length);
  for (let i = 0; i < moved.length; i++) moved[i] = values[i] - by * direction[i];
  return { ...next, values: moved };
}

function norm(x: Floats): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] * x[i];
  return Math.sqrt(total);
}
