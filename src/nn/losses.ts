import { add, logSoftmax, mean, mul, neg, softmax, square, sub, sum } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/**
 * ℓ = −mean_n Σ_k y_nk log softmax(z)_nk.
 *
 * @param logits z [N, K]
 * @param targets y [N, K], probabilities: one-hot, smoothed or soft
 * @example
 * const loss = (w: Tree<Tensor>) => crossEntropy(network.forward(w, [], x, true).logits, y);
 */
export const crossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  neg(mean(sum(mul(targets, logSoftmax(logits)), [-1])));

/**
 * ½ mean (z − y)², over images and classes: the loss of kernel ridge regression (arXiv 2011.00050, 2206.00719).
 *
 * @param logits z [N, K]
 * @param targets y [N, K], centred labels
 */
export const squaredError = (logits: Tensor, targets: Tensor): Tensor => mul(mean(square(sub(logits, targets))), 0.5);

export interface DistillationOptions {
  /** T: both answers are softened by it. */
  readonly temperature: number;
  /** λ, weight of the teacher's answers. */
  readonly share: number;
}

/**
 * (1 − λ) ℓ(z, y) + λ T² KL(softmax(t / T) ‖ softmax(z / T)), the mean over images (Hinton et al. 2015, §2).
 *
 * @param logits z [N, K], the student's
 * @param targets y [N, K], probabilities
 * @param teacher t [N, K], the teacher's logits on the same images
 */
export function distillationLoss(
  logits: Tensor,
  targets: Tensor,
  teacher: Tensor,
  { temperature, share }: DistillationOptions,
): Tensor {
  const soft = mul(teacher, 1 / temperature);
  const difference = sub(logSoftmax(soft), logSoftmax(mul(logits, 1 / temperature)));
  const divergence = mean(sum(mul(softmax(soft), difference), [-1]));
  return add(mul(crossEntropy(logits, targets), 1 - share), mul(divergence, share * temperature ** 2));
}
