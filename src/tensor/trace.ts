import * as jax from "@jax-js/jax";
import { defaultDevice as defaultTracerDevice, init, numpy as np } from "@jax-js/jax";
import type { Jaxpr, Program } from "../engine/jaxpr.ts";
import { isTensor, type Tensor, type Traced, take, wrap } from "./Tensor.ts";
import { leaves, rebuild, type Tree } from "./tree.ts";

/** Shape and element type of one array argument. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
}

/**
 * An argument of single-precision numbers.
 *
 * @example
 * const images = f32(10, 3, 32, 32);
 */
export const f32 = (...shape: number[]): Spec => ({ shape, dtype: "float32" });

/**
 * An argument of whole numbers.
 *
 * @example
 * const rows = i32(10);
 */
export const i32 = (...shape: number[]): Spec => ({ shape, dtype: "int32" });

export const isSpec = (x: unknown): x is Spec => typeof x === "object" && x !== null && "dtype" in x && "shape" in x;

let ready: Promise<unknown> | undefined;

/** What a function does to arguments of these shapes, and the structure of what it gives. */
export async function trace(
  // biome-ignore lint/suspicious/noExplicitAny: argument trees are typed by the caller's function
  f: (...args: any[]) => Tree<Tensor>,
  specs: readonly Tree<Spec>[],
): Promise<{ program: Program; result: Tree<Tensor> }> {
  ready ??= init("cpu").then(() => defaultTracerDevice("cpu"));
  await ready;
  let result: Tree<Tensor> | undefined;
  const flat = (...list: Traced[]): Traced[] => {
    result = f(...(rebuild<Spec, Tensor>(specs, isSpec, list.map(wrap)) as Tree<Tensor>[]));
    return leaves<Tensor>(result, isTensor).map(take);
  };
  const examples = leaves<Spec>(specs, isSpec).map((s) =>
    np.zeros([...s.shape], { dtype: s.dtype === "int32" ? np.int32 : np.float32 }),
  );
  const makeJaxpr = jax.makeJaxpr as unknown as (f: unknown) => (...args: unknown[]) => unknown;
  const { jaxpr } = makeJaxpr(flat)(...examples) as { jaxpr: { jaxpr: Jaxpr; consts: Traced[] } };
  const consts = jaxpr.consts.map((c) => c.ref.dataSync());
  return { program: { jaxpr: jaxpr.jaxpr, consts }, result: result as Tree<Tensor> };
}
