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
  const gram = matmul(features, transpose(features, [1, 0]));
  const predict = kernelPredictor(gram, targets, lambda, { heldScale: true });
  return (others) => predict(matmul(others, transpose(features, [1, 0])));
}

/**
 * Kernel ridge regression in closed form, K′ (K + λ s I)⁻¹ Y, s = tr(K) / M.
 *
 * @param gram K [M, M] of the set; derivatives pass through
 * @param targets Y [M, K]
 * @param lambda λ, relative to s
 * @param how.heldScale whether s counts as a constant
 * @returns K′ [N, M] between other images and the set ↦ [N, K]
 */
export function kernelPredictor(
  gram: Tensor,
  targets: Tensor,
  lambda: number,
  { heldScale }: { readonly heldScale: boolean },
): (cross: Tensor) => Tensor {
  const size = meanDiagonal(gram);
  const scale = reciprocal(heldScale ? stopGradient(size) : size);
  const kernel = add(mul(gram, scale), mul(identity(gram.shape[0]), lambda));
  const refined = solved(kernel, ridgeInverse(kernel, lambda), targets);
  return (cross) => matmul(mul(cross, scale), refined);
}
