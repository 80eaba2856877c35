import * as jax from "@jax-js/jax";
import { defaultDevice as defaultTracerDevice, init, numpy as np } from "@jax-js/jax";
import { UsageError } from "../core/errors.ts";
import { compileJaxpr } from "../engine/compile.ts";
import { type Device, defaultDevice } from "../engine/device.ts";
import type { Jaxpr } from "../engine/jaxpr.ts";
import type { Data } from "../engine/session.ts";
import { isTensor, type Tensor, type Traced, take, wrap } from "./Tensor.ts";
import { leaves, rebuild, type Tree } from "./tree.ts";

/** Shape and element type of one array argument. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
}

export const f32 = (...shape: number[]): Spec => ({ shape, dtype: "float32" });
export const i32 = (...shape: number[]): Spec => ({ shape, dtype: "int32" });

const isSpec = (x: unknown): x is Spec => typeof x === "object" && x !== null && "dtype" in x && "shape" in x;
const isData = (x: unknown): x is Data =>
  x instanceof Float32Array || x instanceof Int32Array || x instanceof Uint8Array;

/** A compiled function over trees of flat arrays, in the structure of the specs it was compiled for. */
export interface Compiled<In extends readonly Tree<Data>[], Out extends Tree<Data>> {
  (...args: In): Promise<Out>;
  /** Free the compiled graph. */
  release(): Promise<void>;
}

let ready: Promise<unknown> | undefined;

/**
 * Trace, differentiate and compile a function for arguments of given shapes.
 *
 * @param f a pure function of trees of tensors
 * @param specs one tree of shapes per argument
 * @throws UsageError when f uses an operation the engine cannot lower, or the device is missing
 */
export async function compile<In extends readonly Tree<Data>[], Out extends Tree<Data>>(
  // biome-ignore lint/suspicious/noExplicitAny: argument trees are typed by the caller's function
  f: (...args: any[]) => Tree<Tensor>,
  specs: readonly Tree<Spec>[],
  target: Device = defaultDevice,
): Promise<Compiled<In, Out>> {
  ready ??= init("cpu").then(() => defaultTracerDevice("cpu"));
  await ready;
  const flatSpecs = specs.flatMap((s) => leaves<Spec>(s, isSpec));
  let shape: Tree<Tensor> | undefined;
  const flat = (...list: Traced[]): Traced[] => {
    const result = f(...(rebuild<Spec, Tensor>(specs, isSpec, list.map(wrap)) as Tree<Tensor>[]));
    shape = result;
    return leaves<Tensor>(result, isTensor).map(take);
  };
  const examples = flatSpecs.map((s) => np.zeros([...s.shape], { dtype: s.dtype === "int32" ? np.int32 : np.float32 }));
  const trace = jax.makeJaxpr as unknown as (f: unknown) => (...args: unknown[]) => unknown;
  const { jaxpr } = trace(flat)(...examples) as {
    jaxpr: { jaxpr: Jaxpr; consts: Traced[] };
  };
  const consts = jaxpr.consts.map((c) => c.ref.dataSync());
  const executable = await compileJaxpr(jaxpr.jaxpr, consts, target);

  const call = async (...args: In): Promise<Out> => {
    const data = args.flatMap((a) => leaves<Data>(a, isData));
    if (data.length !== flatSpecs.length)
      throw new UsageError(`tensor: invalid arguments: expected ${flatSpecs.length} arrays, got ${data.length}`);
    const results = await executable.run(data);
    return rebuild<Tensor, Data>(shape as Tree<Tensor>, isTensor, results) as Out;
  };
  return Object.assign(call, { release: () => executable.release() });
}
