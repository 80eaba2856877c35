import { logSoftmax, mean, mul, neg, sum } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/**
 * ℓ = −mean_n Σ_k y_nk log softmax(z)_nk.
 *
 * @param logits z [N, K]
 * @param targets y [N, K], probabilities: one-hot, smoothed or soft
 */
export const crossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  neg(mean(sum(mul(targets, logSoftmax(logits)), [-1])));
