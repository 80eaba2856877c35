import { add, div, maximum, mul, reshape, sqrt, sub, sum } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/**
 * D(g, h) between two gradients, given as lists of tensors in the same order. A scalar.
 *
 * @param weights of each tensor in the products ⟨g, h⟩, or of each layer's term; all 1 by default
 */
export type GradientDistance = (g: readonly Tensor[], h: readonly Tensor[], weights?: readonly number[]) => Tensor;

const total = (xs: readonly Tensor[]): Tensor => xs.reduce(add);
const weighted = (x: Tensor, weight = 1): Tensor => (weight === 1 ? x : mul(x, weight));
const dot = (g: readonly Tensor[], h: readonly Tensor[], weights: readonly number[] = []): Tensor =>
  total(g.map((x, i) => weighted(sum(mul(x, h[i])), weights[i])));

/** 1 − ⟨g, h⟩ / (‖g‖ ‖h‖) over the whole concatenated gradient (arXiv 2502.04229). */
export const cosine: GradientDistance = (g, h, weights) =>
  sub(1, div(dot(g, h, weights), sqrt(mul(dot(g, g, weights), dot(h, h, weights)))));

/**
 * Σ over layers and output units of 1 − cosine of the weights that lead to the unit (arXiv 2006.05929, §3.2). Biases
 * and norms count nothing. 1e-6 is added to the product of the norms.
 */
export const layerwise: GradientDistance = (g, h, weights = []) => {
  const matrices = g.flatMap((x, i) => (x.shape.length > 1 ? [{ x, y: h[i], weight: weights[i] }] : []));
  return total(
    matrices.map(({ x, y, weight }) => {
      // Weights are [..., in, out]: one row of the original definition is one position of the last axis.
      const out = x.shape[x.shape.length - 1];
      const rows = (t: Tensor) => reshape(t, [t.shape.reduce((n, d) => n * d, 1) / out, out]);
      const [a, b] = [rows(x), rows(y)];
      // A unit that no image reaches has a zero row; the floor gives its norm a derivative of zero.
      const norm = (t: Tensor) => sqrt(maximum(sum(mul(t, t), [0]), 1e-30));
      return weighted(sum(sub(1, div(sum(mul(a, b), [0]), add(mul(norm(a), norm(b)), 1e-6)))), weight);
    }),
  );
};

/** Mean over all parameters of the squared difference. */
export const mse: GradientDistance = (g, h, weights) => {
  const size = g.reduce((n, x) => n + x.shape.reduce((a, b) => a * b, 1), 0);
  const difference = g.map((x, i) => sub(x, h[i]));
  return mul(dot(difference, difference, weights), 1 / size);
};

export const gradientDistances = { cosine, layerwise, mse } as const;
