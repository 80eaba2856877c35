import { UsageError } from "../../core/errors.ts";
import { concat, div, maximum, mul, neg, reshape, sqrt, square, sum } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Embed } from "./embedding.ts";

/** Weight of the squared distances (arXiv 2310.00093, its program). */
const scale = 100;

/**
 * Spatial attention after each activation but the last, and the logits, side by side: squared distances of means of these are
 * 100 · Σ_layers ‖Δ attention‖² + 100 · balance · ‖Δ logits‖² (arXiv 2310.00093, eq. 2–5).
 */
export const attention =
  (balance: number): Embed =>
  (network, weights, x) => {
    const { maps, logits } = network.forward(weights, [], x, true);
    if (!maps) throw new UsageError(`${network.name}: missing maps: expected a network that shows its activations`);
    return concat(
      [...maps.slice(0, -1).map((a) => mul(attended(a), Math.sqrt(scale))), mul(logits, Math.sqrt(scale * balance))],
      1,
    );
  };

/** Σ over channels of |a|, as a vector of length 1: [N, C, H, W] → [N, H·W]. */
function attended(a: Tensor): Tensor {
  const [n, , h, w] = a.shape;
  const flat = reshape(sum(maximum(a, neg(a)), [1]), [n, h * w]);
  // The floor is PyTorch's, 1e-12 under the norm.
  return div(flat, sqrt(maximum(sum(square(flat), [1], true), 1e-24)));
}
