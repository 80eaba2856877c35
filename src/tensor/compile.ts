import { type Closable, closable } from "../core/closable.ts";
import { UsageError } from "../core/errors.ts";
import { compileHeldProgram, compileProgram, type Executable } from "../engine/compile.ts";
import { type Device, defaultDevice } from "../engine/device.ts";
import type { Data } from "../engine/session.ts";
import { isTensor, type Tensor } from "./Tensor.ts";
import { isSpec, type Spec, trace } from "./trace.ts";
import { leaves, rebuild, type Tree } from "./tree.ts";

export { f32, i32, type Spec } from "./trace.ts";

const isData = (x: unknown): x is Data =>
  x instanceof Float32Array || x instanceof Int32Array || x instanceof Uint8Array;

/** A compiled function over trees of flat arrays, in the structure of the specs it was compiled for. Closing frees the graph. */
export interface Compiled<In extends readonly Tree<Data>[], Out extends Tree<Data>> extends Closable {
  (...args: In): Promise<Out>;
}

/**
 * Trace, differentiate and compile a function for arguments of given shapes.
 *
 * @param f a pure function of trees of tensors
 * @param specs one tree of shapes per argument
 * @throws UsageError when f uses an operation the engine cannot lower, or the device is missing
 * @example
 * await using f = await compile((x: Tensor) => ops.sum(ops.square(x)), [f32(3)]);
 * await f(Float32Array.of(1, 2, 3)); // [14]
 */
export async function compile<In extends readonly Tree<Data>[], Out extends Tree<Data>>(
  // biome-ignore lint/suspicious/noExplicitAny: argument trees are typed by the caller's function
  f: (...args: any[]) => Tree<Tensor>,
  specs: readonly Tree<Spec>[],
  target: Device = defaultDevice,
): Promise<Compiled<In, Out>> {
  const { program, result } = await trace(f, specs);
  return callable(await compileProgram(program, target), specs, result);
}

/** A compiled function of which the first arguments stay for many calls. Closing frees the graphs. */
export interface CompiledHeld<
  Held extends readonly Tree<Data>[],
  In extends readonly Tree<Data>[],
  Out extends Tree<Data>,
> extends Closable {
  /** Compute all that follows from these arguments alone; the result takes the others. They are not copied: leave them as they are. */
  hold(...held: Held): Promise<(...args: In) => Promise<Out>>;
}

/**
 * Compile a function as `compile` does whose first arguments stay for many calls, as weights and targets at one network:
 * what follows from them alone, as their norms, is computed once for all calls, with the same result.
 *
 * @param held shapes of the arguments that stay, which come first
 * @param specs shapes of the others
 * @example
 * await using f = await compileHeld((w: Tensor, x: Tensor) => ops.matmul(x, w), [f32(3, 2)], [f32(1, 3)]);
 * const withWeights = await f.hold(weights);
 * await withWeights(x);
 */
export async function compileHeld<
  Held extends readonly Tree<Data>[],
  In extends readonly Tree<Data>[],
  Out extends Tree<Data>,
>(
  // biome-ignore lint/suspicious/noExplicitAny: argument trees are typed by the caller's function
  f: (...args: any[]) => Tree<Tensor>,
  held: readonly Tree<Spec>[],
  specs: readonly Tree<Spec>[],
  target: Device = defaultDevice,
): Promise<CompiledHeld<Held, In, Out>> {
  const { program, result } = await trace(f, [...held, ...specs]);
  const executable = await compileHeldProgram(program, leaves<Spec>(held, isSpec).length, target);
  return {
    async hold(...args) {
      const { run } = await executable.hold(flatten(args, held));
      return async (...others) => rebuild<Tensor, Data>(result, isTensor, await run(flatten(others, specs))) as Out;
    },
    ...closable(() => executable.close()),
  };
}

/** The arrays of argument trees. */
function flatten(args: readonly Tree<Data>[], specs: readonly Tree<Spec>[]): Data[] {
  const data = args.flatMap((a) => leaves<Data>(a, isData));
  const expected = leaves<Spec>(specs, isSpec).length;
  if (data.length !== expected)
    throw new UsageError(`tensor: invalid arguments: expected ${expected} arrays, got ${data.length}`);
  return data;
}

/** An executable as a function of trees. `result` shows the structure of what it gives. */
export function callable<In extends readonly Tree<Data>[], Out extends Tree<Data>>(
  executable: Executable,
  specs: readonly Tree<Spec>[],
  result: Tree<Tensor>,
): Compiled<In, Out> {
  const call = async (...args: In): Promise<Out> =>
    rebuild<Tensor, Data>(result, isTensor, await executable.run(flatten(args, specs))) as Out;
  return Object.assign(
    call,
    closable(() => executable.close()),
  );
}
