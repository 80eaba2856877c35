import { adam, type Optimiser, sgd } from "./optimisers.ts";

/** Optimisers by the names people type. `momentum` and `weightDecay` are the protocol's numbers. */
export const namedOptimisers = {
  sgd: (_momentum: number, weightDecay: number): Optimiser => sgd({ weightDecay }),
  momentum: (momentum: number, weightDecay: number): Optimiser => sgd({ momentum, weightDecay }),
  nesterov: (momentum: number, weightDecay: number): Optimiser => sgd({ momentum, weightDecay, nesterov: true }),
  adam: (_momentum: number, weightDecay: number): Optimiser => adam({ weightDecay }),
  adamw: (_momentum: number, weightDecay: number): Optimiser => adam({ decoupledDecay: weightDecay }),
} as const;
