import type * as z from "zod";
import { lookUp, UsageError } from "../core/errors.ts";
import { resolveSettings } from "../core/readWhen.ts";
import { respelled } from "../core/respelled.ts";
import { checkSet } from "../data/checkSet.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { normalisationNamed } from "../data/normalise.ts";
import { ownNormalisation } from "../data/ownNormalisation.ts";
import type { Distillation, DistillationStep } from "../distill/Distillation.ts";
import { methodRegistry as methods } from "../distill/methodRegistry.ts";
import { whitenRaw } from "../train/whitenRaw.ts";
import { around, type Call } from "./call.ts";

/** Names of the distillation methods that come with Retort. */
export type DistillationName = keyof typeof methods;

// biome-ignore lint/suspicious/noExplicitAny: a method of any options
type AnyDistillation = Distillation<any>;
type DistillationOf<M extends DistillationName | AnyDistillation> = M extends DistillationName
  ? (typeof methods)[M]
  : M;

export interface DistilCall extends Call<DistillationStep> {
  /** The space of the synthetic images: a name (`cifar-10`) or numbers. Default: the field's for data of that name, otherwise measured. */
  readonly normalisation?: Normalisation | string;
}

/**
 * Condense raw images into a few synthetic ones per class.
 *
 * @param raw 8-bit images and their classes
 * @param method name of a method (`distributionMatching`, `randomReal`), or one of your own (`defineDistillation`)
 * @param settings of that method, `ipc` among them
 * @returns the set, class after class.
 * @throws UsageError for settings that the method does not have, or raw images that it cannot take; NumericError when its loss is
 * no number; the signal's reason once it is aborted.
 * @example
 * const set = await distil(strokes("train", 2000), "distributionMatching", { ipc: 1, iterations: 200, width: 32 });
 */
export async function distil<M extends DistillationName | AnyDistillation>(
  raw: LabelledSet,
  method: M,
  settings?: z.input<DistillationOf<M>["options"]> & {
    /** Named settings of the method that the others here override: `reduced`, `quick`. */
    readonly preset?: string;
  },
  call: DistilCall = {},
): Promise<DistilledSet> {
  checkSet(raw, "distil", ["labelled"]);
  const found: AnyDistillation =
    typeof method === "string" ? lookUp<AnyDistillation>(methods, method, "distil", "method") : method;
  const who = typeof method === "string" ? method : found.title;
  const { preset, ...given } = (settings ?? {}) as Record<string, unknown> & { preset?: string };
  const base = preset === undefined ? {} : lookUp(found.presets ?? {}, preset, who, "preset");
  const options = resolveSettings(who, found, { ...base, ...(respelled(found.options, given) as object) });
  const { root, target } = around(call);
  const context = {
    normalisation: spaceOf(raw, call.normalisation),
    key: root,
    device: target,
    record: { seed: call.seed ?? 0 },
  };
  await whitenRaw(raw, context.normalisation, target, { signal: call.signal });
  let last: DistillationStep | undefined;
  for await (const step of found.run(raw, options, context)) {
    call.onProgress?.(step);
    call.signal?.throwIfAborted();
    last = step;
  }
  if (!last) throw new UsageError(`${found.title}: missing steps: expected at least one, got none`);
  return last.set();
}

function spaceOf(raw: LabelledSet, asked: Normalisation | string | undefined): Normalisation {
  if (asked === undefined) return ownNormalisation(raw);
  return typeof asked === "object" ? asked : normalisationNamed(asked, "distil");
}

/**
 * Describe a distillation method of your own. Does nothing but check types.
 *
 * @example
 * const firstImages = defineDistillation({ title: "The first images", abbreviation: "first", … });
 */
export const defineDistillation = <S extends z.ZodObject>(describe: Distillation<S>): Distillation<S> => describe;
