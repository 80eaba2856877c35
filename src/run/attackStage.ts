import type { Attack, AttackProgress, AttackResult, RawAccess } from "../attack/Attack.ts";
import { attackPictures } from "../attack/attackPictures.ts";
import { drive } from "../core/drive.ts";
import { DataError } from "../core/errors.ts";
import type { Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { WhiteningHooks } from "../disk/whitening/namedWhitening.ts";
import type { Device } from "../engine/device.ts";
import { readSafetensors, type TensorInput, writeSafetensors } from "../formats/safetensors/safetensorsFile.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpointFile.ts";
import type { Run } from "./Run.ts";
import { areWhole, readSet, type SetDigests, writeSets } from "./runSets.ts";
import { Stopwatch } from "./Stopwatch.ts";
import { restoredTrigger, storedTrigger } from "./triggerFile.ts";

/** What an attack leaves in a run folder besides the sets. */
const RESULT = "attack.safetensors";
export const CLEAN = "clean.safetensors";
export const TAMPERED = "tampered.safetensors";

export interface StageOptions {
  readonly key: Key;
  readonly device: Device;
  /** For attacks that distil. */
  readonly raw?: RawAccess;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AttackProgress) => void;
  /** Seconds between checkpoints. Chosen: losing five seconds hurts nobody. */
  readonly checkpointEvery?: number;
  /** Seconds, from any origin. */
  readonly now: () => number;
  /** What becomes of the tampered set's metadata (a blind study removes the record). */
  readonly label?: (set: DistilledSet) => DistilledSet;
}

/**
 * Run an attack inside a run folder: resume where it was killed, save checkpoints, leave `clean.safetensors`,
 * `tampered.safetensors` and `attack.safetensors` (trigger and archetypes in the picture space of the set, curves).
 *
 * @throws the signal's reason after Ctrl-C, with a checkpoint saved.
 */
export async function runAttackStage<S extends Parameters<Attack["run"]>[1]>(
  run: Run,
  set: DistilledSet,
  attack: Pick<Attack, "run"> & Partial<Pick<Attack, "access">>,
  options: S,
  stage: StageOptions,
): Promise<AttackResult> {
  const finished = await loadAttack(run);
  if (finished) return finished;
  const resume = await loadCheckpoint(run, "attack");
  const steps = attackPictures(attack, set, options, { key: stage.key, device: stage.device, raw: stage.raw, resume });
  const watch = await Stopwatch.start(run, "attack");
  let saved = stage.now();
  const attacked = await drive(steps, {
    async onProgress(progress) {
      stage.onProgress?.(progress);
      const stop = stage.signal?.aborted === true;
      if (progress.checkpoint && (stop || stage.now() - saved > (stage.checkpointEvery ?? 5))) {
        await saveCheckpoint(run, progress.checkpoint(), "attack");
        await watch.save();
        saved = stage.now();
      }
      if (stop) throw stage.signal?.reason;
    },
  });
  const result = { ...attacked, set: stage.label?.(attacked.set) ?? attacked.set };
  const digests = await writeSets(run, { [CLEAN]: set, [TAMPERED]: result.set });
  await watch.save();
  await run.writeKept(RESULT, encode(result, digests));
  await run.log("attack finished");
  return result;
}

function encode({ trigger, targetClass, sourceClass, archetypes, curves }: AttackResult, sets: SetDigests): Uint8Array {
  const { description, tensors: learnt } = storedTrigger(trigger);
  const tensors: Record<string, TensorInput> = { ...learnt };
  if (archetypes) {
    const n = archetypes.classes.length;
    tensors.archetypes = { shape: [n, trigger.channels, trigger.height, trigger.width], data: archetypes.images };
    tensors.archetypeClasses = { shape: [n], data: archetypes.classes };
  }
  return writeSafetensors(tensors, {
    json: JSON.stringify({ trigger: description, targetClass, sourceClass, curves, sets }),
  });
}

/** Read back what a finished attack left; undefined before it is finished, or where a part of it was damaged and set aside. */
export async function loadAttack(run: Run, hooks: WhiteningHooks = {}): Promise<AttackResult | undefined> {
  const bytes = await run.readKept(RESULT);
  if (!bytes) return undefined;
  const { tensors, metadata } = await readSafetensors(bytes);
  if (metadata.json === undefined)
    throw new DataError(`attack: invalid ${run.path(RESULT)}: expected json, got ${Object.keys(tensors)}`);
  const { trigger, targetClass, sourceClass, curves, sets } = JSON.parse(metadata.json);
  if (!(await areWhole(run, [CLEAN, TAMPERED], sets))) return undefined;
  const floats = (name: string) => tensors[name].data as Float32Array<ArrayBuffer>;
  return {
    set: await readSet(run, TAMPERED, hooks),
    trigger: restoredTrigger(trigger, tensors, run.path(RESULT)),
    targetClass,
    ...(sourceClass !== undefined && { sourceClass }),
    curves,
    ...(tensors.archetypes && {
      archetypes: {
        images: floats("archetypes"),
        classes: tensors.archetypeClasses.data as Int32Array<ArrayBuffer>,
      },
    }),
  };
}

export { readSet } from "./runSets.ts";
