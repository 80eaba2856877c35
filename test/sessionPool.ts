import { createHash } from "node:crypto";
import type * as Ort from "onnxruntime-node";

/** Graphs that a process of tests keeps loaded after their owners closed them. */
const kept = 48;

/** Closed and open again in no time: what has this model and these options. Oldest first. */
const idle = new Map<string, Ort.InferenceSession>();
const patched = new WeakSet<object>();

/**
 * Let the runtime load equal graphs once for all tests of a process: tests that run one thing many times, as to resume it from each
 * of its steps, spent half their time in the runtime's optimiser. Who opens and closes what is counted in `engine/session.ts`, above.
 */
export function poolSessions(runtime: typeof Ort): typeof Ort {
  const ort = "default" in runtime ? (runtime.default as typeof Ort) : runtime;
  if (patched.has(ort)) return runtime;
  patched.add(ort);
  const factory = ort.InferenceSession;
  const create = factory.create.bind(factory) as (...args: unknown[]) => Promise<Ort.InferenceSession>;
  factory.create = (async (model: Uint8Array, options: unknown) => {
    const key = createHash("sha256").update(model).update(JSON.stringify(options)).digest("hex");
    const session = idle.get(key) ?? (await create(model, options));
    idle.delete(key);
    const release = Object.getPrototypeOf(session).release as () => Promise<void>;
    session.release = async () => {
      idle.set(key, session);
      for (const [old, one] of [...idle].slice(0, Math.max(0, idle.size - kept))) {
        idle.delete(old);
        await release.call(one);
      }
    };
    return session;
  }) as typeof factory.create;
  return runtime;
}
