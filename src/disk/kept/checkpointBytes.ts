import type { Checkpoint } from "../../core/checkpoint.ts";
import { DataError } from "../../core/errors.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors/safetensorsFile.ts";

/** A checkpoint as safetensors: its arrays flat, its JSON as an entry of the metadata. */
export function checkpointBytes({ json, arrays }: Checkpoint): Uint8Array<ArrayBuffer> {
  const tensors = Object.fromEntries(
    Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }]),
  );
  return writeSafetensors(tensors, { json: JSON.stringify(json) });
}

/** @throws DataError for anything that `checkpointBytes` did not write. */
export async function checkpointOf(bytes: Uint8Array<ArrayBuffer>, path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(bytes);
  if (metadata.json === undefined) throw new DataError(`checkpoint: invalid ${path}: expected an entry json, got none`);
  const arrays = Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array<ArrayBuffer>]),
  );
  return { json: JSON.parse(metadata.json), arrays };
}
