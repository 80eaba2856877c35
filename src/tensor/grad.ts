import * as jax from "@jax-js/jax";
import { isTensor, type Tensor, type Traced, take, wrap } from "./Tensor.ts";
import { leaves, rebuild, type Tree } from "./tree.ts";

/**
 * ∂f/∂x of a scalar function of a tree of tensors, as a tree of the same structure. What f closes over is treated as a
 * variable of enclosing derivatives, so that gradients of gradients are right.
 *
 * @example
 * const slope = grad((x: Tensor) => ops.sum(ops.square(x))); // 2 x
 */
export const grad =
  <T extends Tree<Tensor>>(f: (x: T) => Tensor) =>
  (x: T): T =>
    valueAndGrad(f)(x)[1];

/**
 * f(x) and ∂f/∂x together.
 *
 * @example
 * const [loss, gradient] = valueAndGrad(lossOf)(weights);
 */
export function valueAndGrad<T extends Tree<Tensor>>(f: (x: T) => Tensor): (x: T) => [value: Tensor, gradient: T] {
  return (x) => {
    const flat = leaves<Tensor>(x, isTensor);
    const inside = (list: Traced[]) => take(f(rebuild(x, isTensor, list.map(wrap)) as T));
    const differentiate = jax.valueAndGrad as unknown as (g: unknown) => (x: unknown) => [Traced, Traced[]];
    const [value, gradient] = differentiate(inside)(flat.map(take));
    return [wrap(value), rebuild(x, isTensor, gradient.map(wrap)) as T];
  };
}

/**
 * f(x) and the derivative of f at x along `direction`: forward mode.
 *
 * @example
 * const [value, along] = jvp((x: Tensor) => ops.sum(ops.square(x)), x, direction);
 */
export function jvp<T extends Tree<Tensor>>(
  f: (x: T) => Tensor,
  x: T,
  direction: T,
): [value: Tensor, derivative: Tensor] {
  const primals = leaves<Tensor>(x, isTensor).map(take);
  const tangents = leaves<Tensor>(direction, isTensor).map(take);
  const inside = (...list: Traced[]) => take(f(rebuild(x, isTensor, list.map(wrap)) as T));
  const [value, derivative] = jax.jvp(inside as never, primals as never, tangents as never) as unknown as [
    Traced,
    Traced,
  ];
  return [wrap(value), wrap(derivative)];
}
