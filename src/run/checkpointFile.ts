import type { Checkpoint } from "../core/checkpoint.ts";
import { checkpointBytes, checkpointOf } from "../disk/kept/checkpointBytes.ts";
import type { Run } from "./Run.ts";

/** Save where a computation stands, whole or not at all. */
export async function saveCheckpoint(run: Run, checkpoint: Checkpoint, name = "latest"): Promise<void> {
  await run.writeKept(fileName(name), checkpointBytes(checkpoint));
}

/** @returns what was saved last, or undefined: also for a damaged one, which is set aside. */
export async function loadCheckpoint(run: Run, name = "latest"): Promise<Checkpoint | undefined> {
  const bytes = await run.readKept(fileName(name));
  return bytes && checkpointOf(bytes, run.path(fileName(name)));
}

const fileName = (name: string) => `checkpoints/${name}.safetensors`;
