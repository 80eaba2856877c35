import { add, div, maximum, mul, reshape, sqrt, sub, sum } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/** D(g, h) between two gradients, given as lists of tensors in the same order. A scalar. */
export type GradientDistance = (g: readonly Tensor[], h: readonly Tensor[]) => Tensor;

const total = (xs: readonly Tensor[]): Tensor => xs.reduce(add);
const dot = (g: readonly Tensor[], h: readonly Tensor[]): Tensor => total(g.map((x, i) => sum(mul(x, h[i]))));

/** 1 − ⟨g, h⟩ / (‖g‖ ‖h‖) over the whole concatenated gradient (arXiv 2502.04229). */
export const cosine: GradientDistance = (g, h) => sub(1, div(dot(g, h), sqrt(mul(dot(g, g), dot(h, h)))));

/**
 * Σ over layers and output units of 1 − cosine of the weights that lead to the unit (arXiv 2006.05929, §3.2). Biases
 * and norms count nothing. 1e-6 is added to the product of the norms.
 */
export const layerwise: GradientDistance = (g, h) => {
  const matrices = g.flatMap((x, i) => (x.shape.length > 1 ? [[x, h[i]]] : []));
  return total(
    matrices.map(([x, y]) => {
      // Weights are [..., in, out]: one row of the original definition is one position of the last axis.
      const out = x.shape[x.shape.length - 1];
      const rows = (t: Tensor) => reshape(t, [t.shape.reduce((n, d) => n * d, 1) / out, out]);
      const [a, b] = [rows(x), rows(y)];
      // A unit that no image reaches has a zero row; the floor gives its norm a derivative of zero.
      const norm = (t: Tensor) => sqrt(maximum(sum(mul(t, t), [0]), 1e-30));
      return sum(sub(1, div(sum(mul(a, b), [0]), add(mul(norm(a), norm(b)), 1e-6))));
    }),
  );
};

/** Mean over all parameters of the squared difference. */
export const mse: GradientDistance = (g, h) => {
  const size = g.reduce((n, x) => n + x.shape.reduce((a, b) => a * b, 1), 0);
  const difference = g.map((x, i) => sub(x, h[i]));
  return mul(dot(difference, difference), 1 / size);
};

export const gradientDistances = { cosine, layerwise, mse } as const;
