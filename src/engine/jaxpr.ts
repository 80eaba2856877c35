import type { TypedArray } from "./graph.ts";

/** The traced program as the engine sees it: structural, so that the engine does not import the tracer. */
export interface Aval {
  readonly shape: readonly number[];
  readonly dtype: string;
}

export interface Atom {
  readonly aval: Aval;
  /** Present on literals only. */
  readonly value?: unknown;
}

export interface Equation {
  readonly primitive: string;
  readonly inputs: readonly Atom[];
  // biome-ignore lint/suspicious/noExplicitAny: parameters differ per primitive; each rule knows its own
  readonly params: Readonly<Record<string, any>>;
  readonly outBinders: readonly Atom[];
}

export interface Jaxpr {
  readonly inBinders: readonly Atom[];
  readonly eqns: readonly Equation[];
  readonly outs: readonly Atom[];
}

/** A trace with the arrays it captured: the values of its first binders. The remaining binders are its arguments. */
export interface Program {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly TypedArray[];
}
