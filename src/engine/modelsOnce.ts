import { emit } from "./emit.ts";
import type { Program } from "./jaxpr.ts";
import type { Lowered } from "./lower.ts";
import { programKey } from "./programKey.ts";
import type { Port } from "./session.ts";

/** A graph as the runtime takes it. */
export interface Model {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** How many bytes of models are remembered. Chosen: those of a hundred networks of usual size. */
const most = 2 ** 26;

/** Key → models, the oldest first. They are bytes, which nobody has to free. */
const remembered = new Map<string, Model[]>();

/**
 * The models that `make` lowers programs to, made once for equal programs: a sweep compiles the networks of each trial anew,
 * and lowering takes longer than tracing.
 *
 * @param how what else the models depend on
 */
export function modelsOnce(programs: readonly Program[], how: string, make: () => Lowered[]): Model[] {
  const keys = programs.map(programKey);
  const key = keys.includes(undefined) ? undefined : `${how} ${keys.join()}`;
  const models = (key !== undefined && remembered.get(key)) || make().map(modelOf);
  if (key === undefined) return models;
  remembered.delete(key);
  remembered.set(key, models);
  let total = [...remembered.values()].reduce((sum, one) => sum + sizeOf(one), 0);
  for (const [oldest, one] of remembered) {
    if (total <= most) break;
    remembered.delete(oldest);
    total -= sizeOf(one);
  }
  return models;
}

const sizeOf = (models: readonly Model[]): number => models.reduce((sum, { bytes }) => sum + bytes.length, 0);

function modelOf(lowered: Lowered): Model {
  const port = ({ shape, dtype }: Port): Port => ({ shape, dtype });
  return { bytes: emit(lowered), inputs: lowered.inputs.map(port), outputs: lowered.outputs.map(port) };
}
