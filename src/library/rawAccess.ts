import type { RawAccess } from "../attack/Attack.ts";
import type { Checkpoint } from "../core/checkpoint.ts";
import { UsageError } from "../core/errors.ts";
import type { Pace } from "../core/Pace.ts";
import type { Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Distillation } from "../distill/Distillation.ts";
import { methodRegistry as methods } from "../distill/methodRegistry.ts";
import type { Device } from "../engine/device.ts";
import { whitenRaw } from "../train/whitenRaw.ts";

/**
 * Let an attack distil raw images as a set says that it was distilled: method, options and key are in the set's metadata. What the
 * attack changes is then all that lies between the two sets.
 *
 * @param how.digest of the raw images (setDigest.ts), to be compared with that in the metadata
 * @param how.pace told of the distillation's work
 * @throws UsageError where the set does not say how it came about, or was distilled from other images.
 * @example
 * const access = rawAccess(set, await openRaw("cifar-10", "train"), device);
 */
export function rawAccess(
  set: DistilledSet,
  raw: LabelledSet,
  device: Device,
  who = "attack",
  { digest, pace }: { readonly digest?: string; readonly pace?: Pace } = {},
): RawAccess {
  const { method: name, options, key: hex, source, seed } = set.metadata;
  const method = Object.hasOwn(methods, String(name))
    ? (methods as unknown as Readonly<Record<string, Distillation>>)[String(name)]
    : undefined;
  const parsed = method?.options.safeParse(options);
  if (!method || !parsed?.success || typeof hex !== "string" || !/^[0-9a-f]{32}$/.test(hex))
    throw new UsageError(
      `${who}: invalid set: expected one that says how it was distilled (method, options and key, as retort distill writes), got ${name ? `method ${JSON.stringify(name)} of another program` : "none of these"}`,
    );
  const from = (source ?? {}) as { name?: unknown; images?: unknown; digest?: unknown };
  const differs = (said: unknown, is: unknown) => said !== undefined && is !== undefined && said !== is;
  if (differs(from.images, raw.shape[0]) || differs(from.digest, digest))
    throw new UsageError(
      `${who}: invalid raw data: expected the ${from.images} images of ${from.name} that the set was distilled from, got ${raw.shape[0]} others of ${raw.name}`,
    );
  return {
    set: raw,
    ...(method.readsOnce && { readsOnce: String(name) }),
    ...(typeof parsed.data.iterations === "number" && { steps: parsed.data.iterations }),
    async *distil(own: LabelledSet, resume?: Checkpoint, settled = false) {
      if (settled || method.readsOnce) await whitenRaw(own, set.normalisation, device);
      const context = { normalisation: set.normalisation, key: { hex } as Key, device, resume, pace, record: { seed } };
      for await (const step of method.run(own, parsed.data, context)) {
        const { iteration, total, loss } = step;
        yield {
          ...{ done: iteration, total, set: () => step.set(), checkpoint: () => step.checkpoint() },
          ...(loss !== undefined && { loss }),
        };
      }
    },
  };
}
