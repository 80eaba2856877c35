import { compileStages } from "../engine/compile.ts";
import { type Device, defaultDevice } from "../engine/device.ts";
import type { Jaxpr } from "../engine/jaxpr.ts";
import type { Data } from "../engine/session.ts";
import { type Compiled, callable, compile } from "./compile.ts";
import { isTensor, type Tensor } from "./Tensor.ts";
import { f32, isSpec, type Spec, trace } from "./trace.ts";
import { leaves, rebuild, type Tree } from "./tree.ts";

/** A program whose first stage is a mean over the examples of a batch: a loss and its gradient, say. */
export interface MeanProgram {
  // biome-ignore-start lint/suspicious/noExplicitAny: argument trees are typed by the caller's functions
  /** Its results are means over the batch's examples. */
  mean(shared: any, batch: any): Tree<Tensor>;
  finish(mean: any, shared: any, rest: any): Tree<Tensor>;
  // biome-ignore-end lint/suspicious/noExplicitAny: as above
  /** Examples influence one another, as through a batch norm: the batch is never cut. */
  readonly coupled: boolean;
}

export interface MeanSpecs {
  readonly shared: Tree<Spec>;
  /** First axis: examples, equally many in all. */
  readonly batch: Tree<Spec>;
  readonly rest: Tree<Spec>;
}

/**
 * Compile `(shared, batch, rest) => finish(mean(shared, batch), shared, rest)`. A batch whose tensors outgrow the cache is
 * taken part by part and the parts' means are averaged: the same up to rounding, faster, and in the memory of one part.
 */
export async function compileByParts<In extends readonly Tree<Data>[], Out extends Tree<Data>>(
  program: MeanProgram,
  specs: MeanSpecs,
  target: Device = defaultDevice,
): Promise<Compiled<In, Out>> {
  const { shared, batch, rest } = specs;
  const whole = (s: Tree<Tensor>, b: Tree<Tensor>, r: Tree<Tensor>) => program.finish(program.mean(s, b), s, r);
  // Only the CPU has a cache to keep to.
  if (program.coupled || target.name !== "cpu") return compile(whole, [shared, batch, rest], target);
  const examples = leaves<Spec>(batch, isSpec)[0].shape[0];
  const part = partSize(examples, largest((await trace(program.mean, [shared, batch])).program.jaxpr));
  if (part === examples) return compile(whole, [shared, batch, rest], target);
  const cut = leaves<Spec>(batch, isSpec).map((s): Spec => ({ ...s, shape: [part, ...s.shape.slice(1)] }));
  const mean = await trace(program.mean, [shared, rebuild(batch, isSpec, cut)]);
  const averages = mean.program.jaxpr.outs.map(({ aval }) => f32(...aval.shape));
  const finish = await trace(program.finish, [rebuild(mean.result, isTensor, averages), shared, rest]);
  const stages = {
    mean: mean.program,
    finish: finish.program,
    shared: leaves<Spec>(shared, isSpec).length,
    parts: examples / part,
  };
  return callable(await compileStages(stages, target), [shared, batch, rest], finish.result);
}

/**
 * Numbers that the largest tensor of a part should hold at most, and the size of a part that is small enough in any case:
 * products of fewer rows are slow. Chosen by measurement, one thread: ConvNet of width 32, a batch of 100: 54 ms in one
 * piece, 44 in 4 parts, 42 in 10, 53 in 20; of width 128: 285, 258 (10 parts), 257 (20).
 */
const LARGEST = 2 ** 20;
const SMALL = 10;
const SMALLEST = 5;

/** The largest size of equal parts that keeps tensors small, given the numbers in the largest tensor of the whole. */
function partSize(examples: number, numbers: number): number {
  const most = Math.max(SMALL, Math.floor((LARGEST * examples) / numbers));
  for (let size = Math.min(most, examples); size >= SMALLEST; size--) if (examples % size === 0) return size;
  return examples;
}

/** Numbers in the largest tensor of a program. */
const largest = (jaxpr: Jaxpr): number =>
  Math.max(
    ...jaxpr.eqns.map(({ params, outBinders }) =>
      Math.max(
        params.jaxpr ? largest(params.jaxpr) : 0,
        ...outBinders.map(({ aval }) => aval.shape.reduce((n, d) => n * d, 1)),
      ),
    ),
  );
