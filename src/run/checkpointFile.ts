import type { Checkpoint } from "../core/checkpoint.ts";
import { DataError } from "../core/errors.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/safetensorsFile.ts";
import type { Run } from "./Run.ts";

/** Save where a computation stands, whole or not at all. */
export async function saveCheckpoint(run: Run, checkpoint: Checkpoint, name = "latest"): Promise<void> {
  const tensors = Object.fromEntries(
    Object.entries(checkpoint.arrays).map(([key, data]) => [key, { shape: [data.length], data }]),
  );
  await run.writeKept(fileName(name), writeSafetensors(tensors, { json: JSON.stringify(checkpoint.json) }));
}

/** @returns what was saved last, or undefined: also for a damaged one, which is set aside. */
export async function loadCheckpoint(run: Run, name = "latest"): Promise<Checkpoint | undefined> {
  const bytes = await run.readKept(fileName(name));
  if (!bytes) return undefined;
  const { tensors, metadata } = await readSafetensors(bytes);
  if (metadata.json === undefined)
    throw new DataError(`checkpoint: invalid ${run.path(fileName(name))}: expected an entry json, got none`);
  const arrays = Object.fromEntries(
    Object.entries(tensors).map(([key, t]) => [key, t.data as Float32Array<ArrayBuffer>]),
  );
  return { json: JSON.parse(metadata.json), arrays };
}

const fileName = (name: string) => `checkpoints/${name}.safetensors`;
