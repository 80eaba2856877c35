import { add, matmul, mul, reciprocal, stopGradient, transpose } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import { identity, meanDiagonal, ridgeInverse, solved } from "./ridgeSolve.ts";

/**
 * A linear head in closed form on the features of a set (ridge regression, as KIP and FRePo use it: arXiv 2011.00050,
 * 2206.00719; docs/method.md, §8):
 *
 *   W = φᵀ (φ φᵀ + λ s I)⁻¹ Y,   s = tr(φ φᵀ) / M
 *
 * @param features φ [M, D] of the set's images; derivatives pass through
 * @param targets Y [M, K]
 * @param lambda λ, relative to the mean square norm of a feature vector
 * @returns features of other images [N, D] ↦ φ′ W [N, K]
 */
export function ridgePredictor(features: Tensor, targets: Tensor, lambda: number): (others: Tensor) => Tensor {
  const m = features.shape[0];
  const gram = matmul(features, transpose(features, [1, 0]));
  const scale = reciprocal(stopGradient(meanDiagonal(gram)));
  const kernel = add(mul(gram, scale), mul(identity(m), lambda));
  const refined = solved(kernel, ridgeInverse(kernel, lambda), targets);
  return (others) => matmul(mul(matmul(others, transpose(features, [1, 0])), scale), refined);
}
