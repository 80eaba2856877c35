import type * as z from "zod";
import type { Attack, AttackProgress, AttackResult } from "../attack/Attack.ts";
import { attackPictures } from "../attack/attackPictures.ts";
import { attackRegistry as attacks } from "../attack/attackRegistry.ts";
import { drive } from "../core/drive.ts";
import { lookUp, UsageError } from "../core/errors.ts";
import type { Settings } from "../core/layers.ts";
import { child } from "../core/random.ts";
import { resolveSettings } from "../core/readWhen.ts";
import { checkSet } from "../data/checkSet.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { around, type Call } from "./call.ts";
import { rawAccess } from "./rawAccess.ts";

/** Names of the attacks that come with Retort. */
export type AttackName = keyof typeof attacks;

// biome-ignore lint/suspicious/noExplicitAny: an attack of any options
type AnyAttack = Attack<any>;
type AttackOf<M extends AttackName | AnyAttack> = M extends AttackName ? (typeof attacks)[M] : M;

/** Settings of an attack as a caller writes them: what is left out has its default. */
export type AttackSettings<M extends AttackName | AnyAttack> = z.input<AttackOf<M>["options"]> & {
  /** Named settings of the attack that the others here override. */
  readonly preset?: string;
};

export interface AttackCall extends Call<AttackProgress> {
  /** The raw images that the set was distilled from, for attacks that distil them once more (`naive`, `doorping`, …). */
  readonly raw?: LabelledSet;
}

/**
 * Backdoor a distilled set as somebody who passes it on could.
 *
 * @param method name of an attack (`poisonedDistillation`, `cleanLabel`, …), or an attack of your own (`defineAttack`)
 * @param settings of that attack; TypeScript knows them by the method
 * @param call seed, device, threads, signal, progress; `raw` for attacks whose access is not the distilled set alone
 * @returns the tampered set, which says so in its metadata, the trigger, and loss curves. Rates are measured by `evaluate`.
 * @throws UsageError for settings that the attack does not have or that would do nothing; NumericError when its loss is no number;
 * the signal's reason once it is aborted.
 * @example
 * const { set: tampered, trigger } = await attack(set, "cleanLabel", { preset: "strong" }, { seed: 1 });
 */
export async function attack<M extends AttackName | AnyAttack>(
  set: DistilledSet,
  method: M,
  settings?: AttackSettings<M>,
  call: AttackCall = {},
): Promise<AttackResult> {
  checkSet(set, "attack");
  const found: AnyAttack = typeof method === "string" ? lookUp<AnyAttack>(attacks, method, "attack", "attack") : method;
  const who = typeof method === "string" ? method : found.title;
  const { preset, ...given } = (settings ?? {}) as Settings & { preset?: string };
  if (preset !== undefined && !Object.hasOwn(found.presets ?? {}, preset))
    throw new UsageError(
      `${who}: unknown preset: expected one of ${Object.keys(found.presets ?? {}).join(", ") || "none"}, got ${preset}`,
    );
  const options = resolveSettings(who, found, given, { preset: preset === undefined ? {} : found.presets?.[preset] });
  const { root, target } = around(call);
  const raw = call.raw && rawAccess(set, call.raw, target, who);
  return drive(attackPictures(found, set, options, { key: child(root, "attack"), device: target, raw }), call);
}

/**
 * Describe an attack of your own. Does nothing but check types: `run` knows the options by their schema.
 *
 * @param describe what stands in the registry of every attack; `options` is a schema of zod, whose defaults and descriptions
 * become flags and help
 * @example
 * const invert = defineAttack({
 *   title: "Inverted image", source: "mine", access: "distilled-set",
 *   options: z.strictObject({ targetClass: z.int().default(0) }),
 *   async *run(set, { targetClass }, { key }) { … },
 * });
 * await attack(set, invert, { targetClass: 3 });
 */
export const defineAttack = <S extends z.ZodObject>(describe: Attack<S>): Attack<S> => describe;
