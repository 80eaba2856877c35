import { expect } from "vitest";
import type * as z from "zod";
import type { Attack, AttackProgress, AttackResult, RawAccess } from "../../src/attack/Attack.ts";
import * as attacks from "../../src/attack/attacks.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { type Key, key, normal, uniform } from "../../src/core/random.ts";
import { resolveSettings } from "../../src/core/readWhen.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import type { Device } from "../../src/engine/device.ts";

export const cpu: Device = { name: "cpu", threads: 1 };

/** A set of `m` random 8×8 images in three classes: enough for every code path, nothing to learn from. */
export function tinySet(m = 6, channels: 1 | 3 = 3): DistilledSet {
  const normalisation = channels === 3 ? knownNormalisations["cifar-10"] : knownNormalisations.mnist;
  return {
    kind: "distilled",
    name: "tiny",
    images: normal(key("tiny"), m * channels * 64),
    shape: [m, channels, 8, 8],
    labels: { kind: "hard", classes: Int32Array.from({ length: m }, (_, i) => Math.floor((3 * i) / m)) },
    classes: 3,
    normalisation,
    metadata: { method: "none" },
  };
}

/** Settings of the main attack that take a second. */
export const quick = {
  trajectory: 2,
  steps: 3,
  surrogate: { width: 8, hidden: 12, steps: 3 },
  archetype: { steps: 4 },
} as const;

/** Settings of the ridge-head attack that take a second. */
export const quickRidge = {
  steps: 4,
  carrier: { count: 8, batch: 4 },
  teacher: { count: 1, passes: 2 },
  pool: { size: 2, maxPasses: 4, passes: 1 },
  surrogate: { width: 8 },
} as const;

/** Settings of the trajectory-matching attack that take a second. */
export const quickTrajectory = {
  unroll: 2,
  steps: 4,
  carrier: { count: 8, batch: 4 },
  teacher: { count: 1, passes: 2 },
  pool: { size: 2, maxPasses: 4 },
  surrogate: { width: 8 },
} as const;

/** Settings of DOORPING that take a second. */
export const quickDoorping = {
  every: 1,
  updates: 5,
  neurons: 2,
  share: 0.1,
  surrogate: { width: 8, passes: 2 },
} as const;

/** Settings of the relax trigger that take a second. */
export const quickRelax = { steps: 3, batch: 2, stamped: 2, kernel: { width: 8, passes: 2, count: 2 } } as const;

/** Settings of SneakDoor that take a second. */
export const quickSneakDoor = {
  steps: 3,
  batch: 4,
  trigger: { width: 4 },
  surrogate: { width: 8, passes: 2, images: 8 },
} as const;

/** Settings of the unseen stamp that take a second. */
export const quickUnseen = { candidates: 3, networks: 1, passes: 2, images: 4, surrogate: { width: 8 } } as const;

/** What each attack that trains is asked for, to take a second. */
export const quickAttacks: Readonly<Record<string, object>> = {
  doorping: quickDoorping,
  poisonedDistillation: quick,
  relaxTrigger: quickRelax,
  ridgeHead: quickRidge,
  sneakDoor: quickSneakDoor,
  trajectoryMatching: quickTrajectory,
  unseenStamp: quickUnseen,
};

/** Raw images of the tiny set's shape, and a distillation of two steps that takes the last images of each class. */
export function tinyRaw(n = 60): RawAccess {
  const pixels = Uint8Array.from(uniform(key("tinyRaw"), n * 192), (v) => Math.floor(256 * v));
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3);
  const set: LabelledSet = { kind: "labelled", name: "tinyRaw", pixels, shape: [n, 3, 8, 8], labels, classes: 3 };
  return {
    set,
    steps: 2,
    async *distil(raw, resume) {
      const last = [0, 1, 2].flatMap((k) => [...raw.labels.keys()].filter((i) => raw.labels[i] === k).slice(-2));
      for (let done = (Number(resume?.json.done) || 0) + 1; done <= 2; done++)
        yield {
          ...{ done, total: 2, loss: 1 / done, checkpoint: () => ({ json: { done }, arrays: {} }) },
          set: () => {
            const rows = last.flatMap((i) => [...raw.pixels.subarray(i * 192, (i + 1) * 192)]);
            return { ...tinySet(), images: Float32Array.from(rows, (v) => v / 255) };
          },
        };
    },
  };
}

/** Run an attack to its end: the result, and every checkpoint. No report says more than all. */
export async function finished(run: AsyncGenerator<AttackProgress, AttackResult>) {
  const checkpoints: Checkpoint[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { ...next.value, checkpoints };
    if (next.value.checkpoint) checkpoints.push(structuredClone(next.value.checkpoint()));
    expect(next.value.done / next.value.total).toBeLessThanOrEqual(1);
  }
}

const nameOf = (attack: object) => Object.entries(attacks).find(([, one]) => one === attack)?.[0] ?? "test";

/** Run an attack to its end, and keep every checkpoint as it comes back from a file. */
export async function attacked<S extends z.ZodObject>(
  attack: Attack<S>,
  set: DistilledSet,
  given: z.input<S>,
  root: Key,
  resume?: Checkpoint,
): Promise<{ result: AttackResult; checkpoints: Checkpoint[] }> {
  const run = attack.run(set, resolveSettings(nameOf(attack), attack, given), { key: root, device: cpu, resume });
  const checkpoints: Checkpoint[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { result: next.value as AttackResult, checkpoints };
    const checkpoint = next.value.checkpoint?.();
    if (checkpoint)
      checkpoints.push({
        json: JSON.parse(JSON.stringify(checkpoint.json)),
        arrays: structuredClone(checkpoint.arrays),
      });
  }
}
