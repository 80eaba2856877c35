import { numpy as np } from "@jax-js/jax";

declare const opaque: unique symbol;

/** A value in a traced program. Immutable; use it as often as you like. */
export interface Tensor {
  readonly [opaque]: true;
  readonly shape: readonly number[];
}

/** A tensor, or a number that stands for a tensor of the shape that fits. */
export type Operand = Tensor | number;

// The tracer counts references and consumes operands. Everything that crosses this line takes its own reference, so
// that nothing above ever sees the counting.
// biome-ignore lint/suspicious/noExplicitAny: the tracer's own type is not exported
export type Traced = any;

/** Hand an operand to the tracer. */
export const take = (x: Operand): Traced => (typeof x === "number" ? x : (x as unknown as Traced).ref);

/** Take a result from the tracer. */
export const wrap = (x: Traced): Tensor => x as Tensor;

export const isTensor = (x: unknown): x is Tensor => x instanceof np.Array || isTracer(x);

function isTracer(x: unknown): boolean {
  return typeof x === "object" && x !== null && "aval" in x && "_trace" in x;
}
