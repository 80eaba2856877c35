import type * as z from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import type { Key } from "../core/random.ts";
import type { ReadWhen } from "../core/readWhen.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Trigger } from "../data/Trigger.ts";
import type { Device } from "../engine/device.ts";
import type { Floats } from "../nn/Network.ts";

/** What an attack gives: the tampered set and what it answers to. Rates are measured elsewhere. */
export interface AttackResult {
  readonly set: DistilledSet;
  readonly trigger: Trigger;
  readonly targetClass: number;
  /** The one class whose images the trigger moves to the target: success is counted on its images alone. Default: on all other classes. */
  readonly sourceClass?: number;
  /** Images reconstructed from the set alone, without the trigger, and their classes. */
  readonly archetypes?: { readonly images: Floats; readonly classes: Int32Array<ArrayBuffer> };
  /** Named loss curves: points of (step, loss). */
  readonly curves: Readonly<Record<string, readonly number[]>>;
}

export interface AttackProgress {
  /** "surrogate", "archetypes", "update". */
  readonly phase: string;
  /** Work done and to do over the whole attack, in units of roughly equal time. */
  readonly done: number;
  readonly total: number;
  readonly loss?: number;
  /** Where to go on from if killed now; absent where it cannot yet be said. */
  readonly checkpoint?: () => Checkpoint;
}

/**
 * Reports of an attack that has so much work to do.
 *
 * @example
 * const report = reporter(options.steps);
 * yield report("steps", done, { loss });
 */
export const reporter =
  (total: number) =>
  (phase: string, done: number, more: Partial<AttackProgress> = {}): AttackProgress => ({
    phase,
    done,
    total,
    ...more,
  });

/** How far a distillation is that an attack has part in. */
export interface DistillingStep {
  readonly done: number;
  readonly total: number;
  readonly loss?: number;
  /** The set as it stands. */
  set(): DistilledSet;
  readonly checkpoint: () => Checkpoint;
}

/** What somebody holds who distils the set himself. */
export interface RawAccess {
  /** The raw images that the set was distilled from. */
  readonly set: LabelledSet;
  /** The name of the method where it reads raw images before its first step only: what changes later it does not see. */
  readonly readsOnce?: string;
  /** Steps that the distillation takes, where its method counts them beforehand. */
  readonly steps?: number;
  /**
   * Distil raw images of the attacker as the set itself was distilled: by the method, settings and key that its file names.
   *
   * Pixels may change between two steps and are read anew at each, unless `readsOnce`; labels may not. The last step holds the finished set.
   *
   * @param settled no pixel changes any more: a whitening needs to see each once
   */
  distil(raw: LabelledSet, resume?: Checkpoint, settled?: boolean): AsyncIterable<DistillingStep>;
}

export interface AttackContext {
  /** What an attack whose access is not `distilled-set` holds besides. */
  readonly raw?: RawAccess;
  readonly key: Key;
  readonly device: Device;
  /** A checkpoint of the same attack, set, options and key. */
  readonly resume?: Checkpoint;
}

/** What somebody must hold to run the attack: the set that is handed on, raw images that it is distilled from, or a part in distilling. */
export type Access = "distilled-set" | "distillation" | "raw-data";

/** Settings to choose among: every combination of the values, or so many of them drawn at random. */
export interface SearchSpace {
  /** Settings that all have, nested as the options are. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Option → its values: `{ alpha: [0.1, 0.3], "trigger.side": [3, 5] }`. */
  readonly vary: Readonly<Record<string, readonly unknown[]>>;
  /** How many are drawn; default: all. */
  readonly sample?: number;
}

/** One attack: one file and one line in attacks.ts. */
export interface Attack<S extends z.ZodObject = z.ZodObject> {
  readonly title: string;
  /** Where the idea is from: "arXiv 1708.06733", or the section of docs/method.md that derives it. */
  readonly source: string;
  readonly access: Access;
  readonly options: S;
  /** Options that only some settings read; elsewhere they are refused. */
  readonly readWhen?: readonly ReadWhen<z.infer<S>>[];
  /** Named settings that differ from the defaults: nested as the options are. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What a search varies where nobody says otherwise. */
  readonly searchSpace?: SearchSpace;
  /** Yields often; the consumer saves checkpoints and may stop asking. Resumed, it gives the same bytes. */
  run(set: DistilledSet, options: z.infer<S>, context: AttackContext): AsyncGenerator<AttackProgress, AttackResult>;
}

/**
 * The record that a tampered set carries in its metadata.
 *
 * @example
 * return { ...set, metadata: { ...set.metadata, ...tamperedRecord("invert", options, trigger, targetClass) } };
 */
export const tamperedRecord = (attack: string, options: unknown, trigger: Trigger, targetClass: number) => ({
  tampered: true,
  attack,
  attackOptions: options,
  targetClass,
  trigger: { description: trigger.description, inGamut: trigger.inGamut },
});
