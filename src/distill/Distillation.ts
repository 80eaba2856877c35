import type * as z from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { UsageError } from "../core/errors.ts";
import { hashJson } from "../core/hash.ts";
import type { Keep } from "../core/Keep.ts";
import type { Pace } from "../core/Pace.ts";
import type { Key } from "../core/random.ts";
import type { ReadWhen } from "../core/readWhen.ts";
import type { DistilledSet, Labels } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { plainNormalisation } from "../data/plainNormalisation.ts";
import type { Device } from "../engine/device.ts";
import type { Floats } from "../nn/Network.ts";
import type { TeacherRecipe } from "./teachers/teacherRecipe.ts";

/** How far a distillation is. What is costly is computed on request. */
export interface DistillationStep {
  /** Iterations done, and of how many; updates of the images where an iteration has several. */
  readonly iteration: number;
  readonly total: number;
  /** The loss that the last iteration met before its update; undefined for methods without one. */
  readonly loss?: number;
  /** The set as it stands. */
  set(): DistilledSet;
  /** Where to go on from if killed now. */
  checkpoint(): Checkpoint;
}

export interface DistillationContext {
  /** The space the synthetic images live in. */
  readonly normalisation: Normalisation;
  readonly key: Key;
  readonly device: Device;
  /** A checkpoint of the same method, data, options and key. */
  readonly resume?: Checkpoint;
  /** Where networks trained on these raw images are kept for other runs; they are trained again without. */
  readonly keep?: Keep;
  /** Told of the work as it is done. */
  readonly pace?: Pace;
  /** What the set's metadata should say besides the method's own record: seed, digest of the data. Plain JSON. */
  readonly record?: Readonly<Record<string, unknown>>;
}

/** One distillation method: one file and one line in methods.ts. */
export interface Distillation<S extends z.ZodObject = z.ZodObject> {
  readonly title: string;
  /** The field's short name: "dm". */
  readonly abbreviation: string;
  /** The paper, or what it is otherwise. */
  readonly source: string;
  /** What somebody must hold to run it. */
  readonly access: "raw-data";
  readonly options: S;
  /** Named settings beneath those that are given: `reduced` for a quarter of an hour, `quick` for a minute, on two cores. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** It reads raw images before its first step, or learns what it needs of them there; pixels that change later it does not see. */
  readonly readsOnce?: true;
  /** Options that only some settings read; elsewhere they are refused. */
  readonly readWhen?: readonly ReadWhen<z.infer<S>>[];
  /** The teacher that makes the set, for methods with one: receivers may ask it again. */
  teacher?(options: z.infer<S>): TeacherRecipe;
  /** The set holds the parts of its images enlarged: `factor`² times `ipc` a class. */
  readonly multiFormation?: true;
  /** The set says at which rate networks learn from it: `lr` of its metadata. */
  readonly learnsRate?: true;
  /** Whether images are kept to what a picture can hold, pixel by pixel: not in a whitened space. */
  readonly keepsGamut?: true;
  /** Refuse what cannot be distilled with these options, before any work. `run` does so too. @throws UsageError */
  check(set: LabelledSet, options: z.infer<S>): void;
  /**
   * Yields after every iteration, the last time with `iteration === total`. Evaluating, saving and stopping are the
   * consumer's. Same data, options and key, same bytes; resumed too.
   */
  run(set: LabelledSet, options: z.infer<S>, context: DistillationContext): AsyncGenerator<DistillationStep, void>;
}

/** What describes a run of a method, for its metadata and for telling its checkpoints from others. */
export interface DistillationRecord {
  /** Registry name. */
  readonly method: string;
  /** Complete options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly source: LabelledSet;
  readonly context: DistillationContext;
}

/** What a method says of its set besides the images. */
export interface SetExtras {
  /** Default: hard ones, equally many of each class. */
  readonly labels?: Labels;
  /** What it learnt besides, for the metadata. Plain JSON. */
  readonly learnt?: Readonly<Record<string, unknown>>;
}

/**
 * Make the set that a method yields: class after class, hard labels by default, and the record of how it came about.
 *
 * @example
 * set: () => distilledSet({ method: "first", options, source: raw, context }, images, iteration),
 */
export function distilledSet(
  record: DistillationRecord,
  images: Floats,
  iterations: number,
  { labels, learnt }: SetExtras = {},
): DistilledSet {
  const { method, options, source, context } = record;
  const [, c, h, w] = source.shape;
  const m = images.length / (c * h * w);
  const ipc = m / source.classes;
  return {
    kind: "distilled",
    name: `${source.name}-${method}-ipc${ipc}`,
    images: images.slice(),
    shape: [m, c, h, w],
    labels: labels ?? { kind: "hard", classes: Int32Array.from({ length: m }, (_, i) => Math.floor(i / ipc)) },
    classes: source.classes,
    ...(source.classNames ? { classNames: source.classNames } : {}),
    normalisation: context.normalisation,
    metadata: {
      method,
      options,
      iterations,
      source: { name: source.name, images: source.shape[0] },
      key: context.key.hex,
      ...learnt,
      ...context.record,
    },
  };
}

/** What a checkpoint must agree with to continue a run. */
export function fingerprint({ method, options, source, context }: DistillationRecord): string {
  const { key, normalisation } = context;
  return hashJson({
    method,
    options,
    key: key.hex,
    shape: source.shape,
    classes: source.classes,
    normalisation: plainNormalisation(normalisation),
  });
}

/** @throws UsageError if the checkpoint belongs to another run. */
export function checkResume(record: DistillationRecord, checkpoint: Checkpoint): void {
  if (checkpoint.json.run === fingerprint(record)) return;
  throw new UsageError(
    `${record.method}: invalid checkpoint: expected one of the same method, data, options and key, got another`,
  );
}
