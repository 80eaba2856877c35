import { closeAll } from "../core/closable.ts";
import { UsageError } from "../core/errors.ts";
import { lowerByParts, type Stages } from "./byParts.ts";
import { type Device, defaultDevice } from "./device.ts";
import { sizeOf } from "./graph.ts";
import type { Program } from "./jaxpr.ts";
import { lower } from "./lower.ts";
import { type Model, modelsOnce } from "./modelsOnce.ts";
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
export async function compileProgram(program: Program, target: Device = defaultDevice): Promise<Executable> {
  const [model] = modelsOnce([program], "whole", () => [lower(program)]);
  return load(model, target);
}

/** The same for a program that takes its batch part by part. */
export async function compileStages(stages: Stages, target: Device = defaultDevice): Promise<Executable> {
  const { mean, finish, shared, parts } = stages;
  const [model] = modelsOnce([mean, finish], `${shared} shared, ${parts} parts`, () => [lowerByParts(stages)]);
  return load(model, target);
}

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
  const [first, second] = modelsOnce([program], `${held} held`, () => {
    const halves = splitHeld(lower(program), held);
    return [halves.before, halves.after];
  });
  const before = await load(first, target);
  const after = await load(second, target).catch(async (error: unknown) => {
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

async function load({ bytes, inputs, outputs }: Model, target: Device): Promise<Executable> {
  // The runtime takes no graph that gives nothing: what is held may be nothing that the rest needs.
  const session = outputs.length > 0 ? await openSession(bytes, inputs, outputs, target) : undefined;
  return {
    inputs,
    outputs,
    async run(data) {
      inputs.forEach((p, i) => {
        check(p, data[i], i);
      });
      return session ? session.run(data) : [];
    },
    close: async () => session?.close(),
  };
}

function check(port: Port, data: Data | undefined, index: number): void {
  const expected = `${port.dtype}[${port.shape.join(",")}]`;
  const got = data === undefined ? "nothing" : `${data.constructor.name} of ${data.length}`;
  const kind = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, int64: BigInt64Array }[port.dtype];
  if (!(data instanceof kind) || data.length !== sizeOf(port.shape))
    throw new UsageError(`engine: invalid input ${index}: expected ${expected}, got ${got}`);
}
