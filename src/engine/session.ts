import type * as Ort from "onnxruntime-node";
import { RetortError } from "../core/errors.ts";
import { sha256Hex } from "../core/hash.ts";
import { type Device, deviceError } from "./device.ts";
import type { DType, Shape } from "./graph.ts";
import { sizeOf } from "./graph.ts";

export type Data = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

export interface Port {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A compiled graph. Runs share it; `close` frees it when its last owner is done. */
export interface Session {
  run(inputs: readonly Data[]): Promise<Data[]>;
  close(): Promise<void>;
}

interface Shared {
  readonly inference: Promise<Ort.InferenceSession>;
  owners: number;
}

const shared = new Map<string, Shared>();
let runtime: Promise<typeof Ort> | undefined;

/** Load the runtime on first use. What it has to say comes as errors, not as lines of its own on stderr. */
const loadRuntime = (): Promise<typeof Ort> => {
  runtime ??= import("onnxruntime-node").then((m) => {
    const ort = "default" in m ? (m.default as typeof Ort) : m;
    ort.env.logLevel = "fatal";
    return ort;
  });
  return runtime;
};

/** Give the graph of these bytes to the runtime, or share the session that already has it. */
export async function openSession(
  model: Uint8Array,
  inputs: readonly Port[],
  outputs: readonly Port[],
  target: Device,
): Promise<Session> {
  const key = `${target.name}:${target.threads}:${sha256Hex(model)}`;
  let entry = shared.get(key);
  if (!entry) {
    entry = { inference: create(model, target), owners: 0 };
    shared.set(key, entry);
    entry.inference.catch(() => shared.delete(key));
  }
  entry.owners++;
  const owned = entry;
  const ort = await loadRuntime();
  const inference = await owned.inference;
  let closed = false;
  return {
    async run(data) {
      if (closed) throw new RetortError("engine: invalid call: expected an open executable, got a closed one");
      const feeds: Record<string, Ort.Tensor> = {};
      inputs.forEach((port, i) => {
        feeds[`x${i}`] = tensor(ort, port, data[i]);
      });
      // Results go to memory that the garbage collector counts, not to the runtime's own: a long run stays flat.
      const results = outputs.map((port) => allocate(port));
      const fetches: Record<string, Ort.Tensor> = {};
      outputs.forEach((port, i) => {
        fetches[`y${i}`] = tensor(ort, port, results[i]);
      });
      await inference.run(feeds, fetches);
      return results;
    },
    async close() {
      if (closed) return;
      closed = true;
      if (--owned.owners === 0) {
        shared.delete(key);
        await inference.release();
      }
    },
  };
}

/**
 * Number of graphs the runtime holds.
 *
 * @example
 * await f.close();
 * console.log(openSessions()); // 0
 */
export const openSessions = (): number => shared.size;

async function create(model: Uint8Array, target: Device): Promise<Ort.InferenceSession> {
  const ort = await loadRuntime();
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: target.name === "cpu" ? ["cpu"] : [target.name, "cpu"],
      intraOpNumThreads: target.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
      // Threads that wait sleep: those that spin take the cores which other programs, or our own other threads, have work for.
      extra: { session: { set_denormal_as_zero: "1", intra_op: { allow_spinning: "0" } } },
    });
  } catch (error) {
    if (target.name === "cpu") throw error;
    throw deviceError(target, error);
  }
}

function allocate({ shape, dtype }: Port): Data {
  const n = sizeOf(shape);
  if (dtype === "float32") return new Float32Array(n);
  return dtype === "bool" ? new Uint8Array(n) : new Int32Array(n);
}

function tensor(ort: typeof Ort, { shape, dtype }: Port, data: Data): Ort.Tensor {
  return new ort.Tensor(dtype, data as Float32Array, shape as number[]) as Ort.Tensor;
}
