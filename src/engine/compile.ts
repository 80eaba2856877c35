import { closeAll } from "../core/closable.ts";
import { UsageError } from "../core/errors.ts";
import { lowerByParts, type Stages } from "./byParts.ts";
import { type Device, defaultDevice } from "./device.ts";
import { emit } from "./emit.ts";
import { sizeOf } from "./graph.ts";
import type { Program } from "./jaxpr.ts";
import { type Lowered, lower } from "./lower.ts";
import { type Data, openSession, type Port } from "./session.ts";
import { splitHeld } from "./splitHeld.ts";

/** A program ready to run: flat typed arrays in, flat typed arrays out. */
export interface Executable {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  run(inputs: readonly Data[]): Promise<Data[]>;
  close(): Promise<void>;
}

/** Lower a traced program and load it. Equal programs on equal devices share one loaded graph. */
export const compileProgram = async (program: Program, target: Device = defaultDevice): Promise<Executable> =>
  load(lower(program), target);

/** The same for a program that takes its batch part by part. */
export const compileStages = async (stages: Stages, target: Device = defaultDevice): Promise<Executable> =>
  load(lowerByParts(stages), target);

/** A program whose first arguments stay for many runs: what follows from them alone is computed once. */
export interface HeldExecutable {
  hold(held: readonly Data[]): Promise<Pick<Executable, "run">>;
  close(): Promise<void>;
}

/** @param held how many of the first arguments stay */
export async function compileHeldProgram(
  program: Program,
  held: number,
  target: Device = defaultDevice,
): Promise<HeldExecutable> {
  const halves = splitHeld(lower(program), held);
  const before = await load(halves.before, target);
  const after = await load(halves.after, target).catch(async (error: unknown) => {
    await before.close();
    throw error;
  });
  return {
    async hold(data) {
      const kept = await before.run(data);
      return { run: (others) => after.run([...others, ...kept]) };
    },
    close: () => closeAll([before, after]),
  };
}

async function load(lowered: Lowered, target: Device): Promise<Executable> {
  const port = (v: { shape: readonly number[]; dtype: Port["dtype"] }): Port => ({ shape: v.shape, dtype: v.dtype });
  const inputs = lowered.inputs.map(port);
  const outputs = lowered.outputs.map(port);
  const session = await openSession(emit(lowered), inputs, outputs, target);
  return {
    inputs,
    outputs,
    run(data) {
      inputs.forEach((p, i) => {
        check(p, data[i], i);
      });
      return session.run(data);
    },
    close: () => session.close(),
  };
}

function check(port: Port, data: Data | undefined, index: number): void {
  const expected = `${port.dtype}[${port.shape.join(",")}]`;
  const got = data === undefined ? "nothing" : `${data.constructor.name} of ${data.length}`;
  const kind = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, int64: BigInt64Array }[port.dtype];
  if (!(data instanceof kind) || data.length !== sizeOf(port.shape))
    throw new UsageError(`engine: invalid input ${index}: expected ${expected}, got ${got}`);
}
