import type { GradientDistance } from "../../nn/gradientDistance.ts";
import { add, maximum, neg, square, sub, sum } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";

/** Σ of the differences' sizes over the kernels of convolutions; biases, norms and linear layers count nothing. */
const overKernels =
  (size: (difference: Tensor) => Tensor): GradientDistance =>
  (g, h) =>
    g.flatMap((x, i) => (x.shape.length === 4 ? [sum(size(sub(x, h[i])))] : [])).reduce(add);

/** Distances of two gradients in the published program of arXiv 2205.14959. */
export const kernelDistances = {
  mse: overKernels(square),
  l1: overKernels((difference) => maximum(difference, neg(difference))),
} as const;
