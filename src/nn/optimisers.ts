import { add, div, mul, sqrt, sub } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/** Optimisers as pure update rules. What changes with time is computed outside in double precision and handed in. */
export interface Optimiser {
  /** Arrays of the parameter's shape that are carried from step to step, zero at first. */
  readonly slots: number;
  /** Length of `hyper`. */
  readonly hypers: number;
  /** The numbers `update` reads at step 0, 1, … with learning rate lr. */
  hyper(step: number, lr: number): number[];
  /** One step for one parameter. */
  update(w: Tensor, g: Tensor, slots: readonly Tensor[], hyper: readonly Tensor[]): { w: Tensor; slots: Tensor[] };
}

export interface SgdOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

/**
 * v ← μ v + g + λ w;  w ← w − η v, with Nesterov w ← w − η (g + λ w + μ v). PyTorch's form.
 *
 * @example
 * const optimiser = sgd({ momentum: 0.9, weightDecay: 5e-4 });
 */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimiser {
  return {
    slots: momentum === 0 ? 0 : 1,
    hypers: 1,
    hyper: (_step, lr) => [lr],
    update(w, g, [v], [lr]) {
      const d = weightDecay === 0 ? g : add(g, mul(w, weightDecay));
      if (momentum === 0) return { w: sub(w, mul(d, lr)), slots: [] };
      const next = add(mul(v, momentum), d);
      const step = nesterov ? add(d, mul(next, momentum)) : next;
      return { w: sub(w, mul(step, lr)), slots: [next] };
    },
  };
}

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** Added to the gradient. */
  readonly weightDecay?: number;
  /** Taken from the weight instead: AdamW (Loshchilov and Hutter 2019). */
  readonly decoupledDecay?: number;
}

/**
 * Adam (Kingma and Ba 2015) with bias correction; `decoupledDecay` makes it AdamW.
 *
 * @example
 * const optimiser = adam({ beta1: 0.5, beta2: 0.9 });
 */
export function adam(options: AdamOptions = {}): Optimiser {
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0, decoupledDecay = 0 } = options;
  return {
    slots: 2,
    hypers: 3,
    // Step size with the first correction, root of the second correction, decay.
    hyper: (step, lr) => [lr / (1 - beta1 ** (step + 1)), Math.sqrt(1 - beta2 ** (step + 1)), lr * decoupledDecay],
    update(w, g, [m, v], [lr, root, decay]) {
      const d = weightDecay === 0 ? g : add(g, mul(w, weightDecay));
      const m1 = add(mul(m, beta1), mul(d, 1 - beta1));
      const v1 = add(mul(v, beta2), mul(mul(d, d), 1 - beta2));
      const kept = decoupledDecay === 0 ? w : sub(w, mul(w, decay));
      const denominator = add(div(sqrt(v1), root), eps);
      return { w: sub(kept, mul(div(m1, denominator), lr)), slots: [m1, v1] };
    },
  };
}
