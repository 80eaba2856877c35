import { lax, numpy as np } from "@jax-js/jax";
import { UsageError } from "../core/errors.ts";
import { type Operand, type Tensor, take, wrap } from "./Tensor.ts";

// Elementwise, with NumPy broadcasting.

export const add = (x: Operand, y: Operand): Tensor => wrap(np.add(take(x), take(y)));
export const sub = (x: Operand, y: Operand): Tensor => wrap(np.subtract(take(x), take(y)));
export const mul = (x: Operand, y: Operand): Tensor => wrap(np.multiply(take(x), take(y)));
export const div = (x: Operand, y: Operand): Tensor =>
  typeof y === "number" ? mul(x, 1 / y) : wrap(np.multiply(take(x), np.reciprocal(take(y))));
export const neg = (x: Tensor): Tensor => wrap(np.negative(take(x)));
export const reciprocal = (x: Tensor): Tensor => wrap(np.reciprocal(take(x)));
export const square = (x: Tensor): Tensor => mul(x, x);
export const exp = (x: Tensor): Tensor => wrap(np.exp(take(x)));
export const log = (x: Tensor): Tensor => wrap(np.log(take(x)));
export const sqrt = (x: Tensor): Tensor => wrap(np.sqrt(take(x)));
export const sin = (x: Tensor): Tensor => wrap(np.sin(take(x)));
export const cos = (x: Tensor): Tensor => wrap(np.cos(take(x)));
export const erf = (x: Tensor): Tensor => wrap(lax.erf(take(x)));
/** Largest integer not above x; no gradient passes. */
export const floor = (x: Tensor): Tensor => wrap(np.floor(take(x)));
export const maximum = (x: Operand, y: Operand): Tensor => wrap(np.maximum(take(x), take(y)));
export const minimum = (x: Operand, y: Operand): Tensor => wrap(np.minimum(take(x), take(y)));
export const clip = (x: Tensor, low: number, high: number): Tensor => minimum(maximum(x, low), high);
export const less = (x: Operand, y: Operand): Tensor => wrap(np.less(take(x), take(y)));
export const lessEqual = (x: Operand, y: Operand): Tensor => wrap(np.lessEqual(take(x), take(y)));
export const equal = (x: Operand, y: Operand): Tensor => wrap(np.equal(take(x), take(y)));
/** x where the condition holds, else y. */
export const where = (condition: Tensor, x: Operand, y: Operand): Tensor =>
  wrap(np.where(take(condition), take(x), take(y)));

/** max(x, 0); its derivative at 0 is 0. */
export const relu = (x: Tensor): Tensor => where(less(0, x), x, 0);
export const sigmoid = (x: Tensor): Tensor => reciprocal(add(exp(neg(x)), 1));
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => where(less(x, 0), mul(x, slope), x);
/** x · sigmoid(x). */
export const swish = (x: Tensor): Tensor => mul(x, sigmoid(x));
/** Exact Gaussian error linear unit, x·Φ(x). */
export const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));

// Reductions. `axes` undefined = all.

export type Axes = readonly number[] | undefined;
const axesOf = (axes: Axes): number[] | null => (axes === undefined ? null : [...axes]);

export const sum = (x: Tensor, axes?: Axes, keepdims = false): Tensor => wrap(take(x).sum(axesOf(axes), { keepdims }));
export const mean = (x: Tensor, axes?: Axes, keepdims = false): Tensor =>
  wrap(take(x).mean(axesOf(axes), { keepdims }));
export const max = (x: Tensor, axes?: Axes, keepdims = false): Tensor => wrap(take(x).max(axesOf(axes), { keepdims }));
/** Product. */
export const prod = (x: Tensor, axes?: Axes, keepdims = false): Tensor =>
  wrap(take(x).prod(axesOf(axes), { keepdims }));
export const min = (x: Tensor, axes?: Axes, keepdims = false): Tensor => wrap(take(x).min(axesOf(axes), { keepdims }));

/** log Σ exp along the last axis, kept as length 1, computed without overflow. */
function logSumExp(x: Tensor): Tensor {
  const top = stopGradient(max(x, [-1], true));
  return add(log(sum(exp(sub(x, top)), [-1], true)), top);
}

/** Along the last axis. */
export const logSoftmax = (x: Tensor): Tensor => sub(x, logSumExp(x));
export const softmax = (x: Tensor): Tensor => exp(logSoftmax(x));

// Products.

/** Matrix product of the last two axes, leading axes broadcast. */
export const matmul = (x: Tensor, y: Tensor): Tensor => wrap(np.matmul(take(x), take(y)));
/** Σ x·y over everything: a scalar. */
export const inner = (x: Tensor, y: Tensor): Tensor => sum(mul(x, y));

// Shape.

export const reshape = (x: Tensor, shape: readonly number[]): Tensor => wrap(take(x).reshape([...shape]));
export const transpose = (x: Tensor, perm: readonly number[]): Tensor => wrap(np.transpose(take(x), [...perm]));
export const broadcastTo = (x: Operand, shape: readonly number[]): Tensor => wrap(np.broadcastTo(take(x), [...shape]));
export const flip = (x: Tensor, axes: readonly number[]): Tensor => wrap(np.flip(take(x), [...axes]));
export const concat = (xs: readonly Tensor[], axis = 0): Tensor => wrap(np.concatenate(xs.map(take), axis));
/** Pad with zeros: [before, after] per axis. */
export const pad = (x: Tensor, widths: readonly (readonly [number, number])[]): Tensor =>
  wrap(
    np.pad(
      take(x),
      widths.map(([a, b]) => [a, b] as [number, number]),
    ),
  );
/** Elements [from, to) of every axis. */
export const slice = (x: Tensor, ranges: readonly (readonly [number, number])[]): Tensor =>
  wrap(take(x).slice(...ranges.map(([a, b]) => [a, b])));
/** Rows of the first axis at integer positions. */
export const takeRows = (x: Tensor, indices: Tensor): Tensor => wrap(take(x).slice(take(indices)));
/** 1 at each integer label, 0 elsewhere: labels [N] → [N, classes]. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  const range = np.arange(classes, undefined, 1, { dtype: np.int32 });
  const hit = np.equal(take(reshape(labels, [...labels.shape, 1])), range);
  return wrap(hit.astype(np.float32));
}

/** The value without its derivative. */
export const stopGradient = (x: Tensor): Tensor => wrap(lax.stopGradient(take(x)));

/** A constant tensor, baked into the compiled program. */
export function constant(data: Float32Array | Int32Array | readonly number[], shape: readonly number[]): Tensor {
  const typed = data instanceof Int32Array || data instanceof Float32Array ? data : Float32Array.from(data);
  const size = shape.reduce((n, d) => n * d, 1);
  if (typed.length !== size)
    throw new UsageError(
      `tensor: invalid constant: expected ${size} elements for shape [${shape}], got ${typed.length}`,
    );
  return wrap(np.array(typed as Float32Array<ArrayBuffer>, { shape: [...shape] }));
}

export const zeros = (shape: readonly number[]): Tensor => wrap(np.zeros([...shape]));
export const toFloat = (x: Tensor): Tensor => wrap(take(x).astype(np.float32));
export const toInt = (x: Tensor): Tensor => wrap(take(x).astype(np.int32));
