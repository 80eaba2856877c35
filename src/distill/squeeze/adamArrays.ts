import type { Floats } from "../../nn/Network.ts";
import { adam } from "../../nn/optimisers.ts";

export interface AdamState {
  readonly values: Floats;
  readonly mean: Floats;
  readonly square: Floats;
}

/** One step of Adam on an array outside a program. @param step 0, 1, … */
export function adamArrays(
  { values, mean, square }: AdamState,
  gradient: Floats,
  step: number,
  lr: number,
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): AdamState {
  const [rate, root] = adam({ beta1, beta2 }).hyper(step, lr);
  const m = mean.map((v, i) => beta1 * v + (1 - beta1) * gradient[i]);
  const s = square.map((v, i) => beta2 * v + (1 - beta2) * gradient[i] ** 2);
  return { values: values.map((x, i) => x - (rate * m[i]) / (Math.sqrt(s[i]) / root + 1e-8)), mean: m, square: s };
}
