import { numpy as np } from "@jax-js/jax";
import { UsageError } from "../../src/core/errors.ts";
import { grad } from "../../src/tensor/grad.ts";
import { add, inner, takeRows, zeros } from "../../src/tensor/ops.ts";
import { type Tensor, take, wrap } from "../../src/tensor/Tensor.ts";

/** Pick along the last axis: y[…, j] = x[…, indices[…, j]]. Leading axes must agree. */
export function takeAlongLast(x: Tensor, indices: Tensor): Tensor {
  if (x.shape.length !== indices.shape.length || x.shape.slice(0, -1).some((d, i) => d !== indices.shape[i]))
    throw new UsageError(
      `takeAlongLast: invalid shapes: expected indices [${x.shape.slice(0, -1)}, …], got [${indices.shape}]`,
    );
  return wrap(np.takeAlongAxis(take(x), take(indices), -1));
}

/** y = x, then y[indices[j]] += rows[j] for every j: x [R, …], indices [J], rows [J, …]. */
export function scatterAddRows(x: Tensor, indices: Tensor, rows: Tensor): Tensor {
  if (rows.shape[0] !== indices.shape[0] || rows.shape.slice(1).join() !== x.shape.slice(1).join())
    throw new UsageError(
      `scatterAddRows: invalid shapes: expected rows [${indices.shape[0]}, ${x.shape.slice(1)}], got [${rows.shape}]`,
    );
  // Adding into rows is what the derivative of taking rows does.
  return add(x, grad((z: Tensor) => inner(takeRows(z, indices), rows))(zeros(x.shape)));
}
