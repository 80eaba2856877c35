import { lookUp, UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Protocol } from "./protocol.ts";

/** How a method's sets are judged: what differs from the field's baseline. */
interface NamedProtocol {
  readonly settings: Partial<Protocol>;
  /** Networks train at the rate that the set was learnt with. */
  readonly learntRate?: true;
  /** What depends on the set besides, and in words. */
  readonly ofSet?: (set: JudgedSet) => Partial<Protocol>;
  readonly ofSetSaid?: string;
}

/** What protocols ask of a set. */
export type JudgedSet = Pick<DistilledSet, "metadata" | "shape" | "classes">;

/**
 * How the sets of each method were judged by its authors, as far as receivers here can do it: SGD with momentum 0.9 and weight decay
 * 5e-4, the rate a tenth after epoch E//2 + 1, where nothing else is said.
 */
export const namedProtocols = {
  /** arXiv 2006.05929, §4.1. */
  dc: { settings: { epochs: 300 } },
  /** arXiv 2102.08259, §4.1. */
  dsa: { settings: { epochs: 1000, augmentation: "dsa" } },
  /** arXiv 2110.04181, §4.1. */
  dm: { settings: { epochs: 1000, augmentation: "dsa" } },
  /** The published program of arXiv 2310.00093. */
  datadam: { settings: { epochs: 1800, batch: 64, augmentation: "dsa" } },
  /** arXiv 2203.11932, §4. */
  mtt: { settings: { epochs: 1000, augmentation: "dsa" }, learntRate: true },
  /** The published program of arXiv 2310.05773; its decay of the average is that of ten images per class. */
  datm: { settings: { epochs: 1000, batch: 128, augmentation: "dsa", ema: 0.9995 }, learntRate: true },
  /** The published program of arXiv 2205.14959. */
  idc: {
    settings: {
      epochs: 1000,
      batch: 64,
      schedule: "two-steps",
      augmentation: "flip+color+crop_scale_rotate",
      mixing: "cutmix",
      mixingChance: 0.5,
    },
  },
  /**
   * The published program of arXiv 2206.00719. Differs: it falls to 0 instead of a hundredth of the rate, and the operators of DSA
   * reach as far as there.
   */
  frepo: {
    settings: {
      loss: "squared",
      optimiser: "adam",
      lr: 3e-4,
      weightDecay: 0,
      schedule: "cosine",
      batch: 500,
      augmentation: "dsa",
    },
    ofSet: regressionSteps,
    ofSetSaid: "--epochs of 1000 to 40000 steps by the images, --warmup of 500",
  },
  /** The published program of arXiv 2312.03526. Differs: it takes weight decay of matrices only, and reports the best epoch. */
  rded: {
    settings: {
      ...{ epochs: 300, optimiser: "adamw", lr: 1e-3, weightDecay: 0.01, schedule: "half-cosine" },
      ...{ mixing: "cutmix", labels: "teacher", teacherFrom: "raw", teacherShare: 1, temperature: 20 },
    },
    ofSet: cropsShown,
    ofSetSaid:
      "--batch 10, 50 or 100 by the images of a class, --augmentation flip, or shuffle+resized-crop+flip for several crops in one",
  },
  /** The published program of arXiv 2306.13092 for small images. */
  sre2l: {
    settings: {
      ...{ epochs: 400, batch: 128, optimiser: "adamw", lr: 1e-3, weightDecay: 0.01, schedule: "cosine" },
      ...{ augmentation: "flip-crop", mixing: "mixup", mixingAlpha: 0.8 },
      ...{ labels: "teacher", teacherFrom: "raw", teacherShare: 1, temperature: 30 },
    },
  },
} as const satisfies Record<string, NamedProtocol>;

export type ProtocolName = keyof typeof namedProtocols;

/** Steps by the images of the set, from which on. */
const regression = [
  [0, 1000],
  [100, 2000],
  [200, 20_000],
  [400, 5000],
  [1000, 10_000],
  [2000, 40_000],
] as const;

function regressionSteps({ shape: [m] }: JudgedSet): Partial<Protocol> {
  const [, steps] = regression.findLast(([images]) => m >= images)!;
  const batches = Math.ceil(m / 500);
  return { epochs: Math.round(steps / batches), warmup: Math.round(500 / batches) };
}

function cropsShown({ shape: [m, , side], classes, metadata }: JudgedSet): Partial<Protocol> {
  const ipc = m / classes;
  const usual = ipc >= 50 ? 100 : ipc >= 10 ? 50 : 10;
  const batch = Math.min(m, classes >= 100 ? 2 * usual : usual);
  const own =
    metadata.method === "realisticDiverse" ? (metadata.options as { factor?: unknown } | undefined) : undefined;
  const factor = typeof own?.factor === "number" && Number.isInteger(own.factor) ? own.factor : 1;
  if (factor < 2 || factor > side) return { batch, augmentation: "flip" };
  return { batch, augmentation: "shuffle+resized-crop+flip", parts: factor, leastArea: 1 / factor };
}

/** Whether networks train at the rate that the set was learnt with. @throws UsageError if the name is unknown. */
export const trainsAtLearntRate = (name: string, who: string): boolean =>
  lookUp<NamedProtocol>(namedProtocols, name, who, "protocol").learntRate === true;

/**
 * Settings with a named protocol beneath them. Where another length is asked for, the warm-up is as long a part of it.
 *
 * @throws UsageError as `protocolNamed`.
 */
export function underNamed(name: string, set: JudgedSet, asked: Partial<Protocol>, who: string): Partial<Protocol> {
  const { epochs = 100, warmup, ...named } = protocolNamed(name, set, who, asked.lr);
  const part = warmup === undefined ? {} : { warmup: Math.floor((warmup * (asked.epochs ?? epochs)) / epochs) };
  return { ...named, epochs, ...part, ...asked };
}

/**
 * The settings of a named protocol for a set.
 *
 * @param lr a learning rate that somebody asked for
 * @throws UsageError if the name is unknown, or the protocol trains at a learnt rate and the set says none.
 */
export function protocolNamed(name: string, set: JudgedSet, who: string, lr?: number): Partial<Protocol> {
  const { settings: fixed, learntRate, ofSet } = lookUp<NamedProtocol>(namedProtocols, name, who, "protocol");
  const settings = { ...fixed, ...ofSet?.(set) };
  return learntRate && lr === undefined ? { ...settings, lr: learntRateOf(set, who) } : settings;
}

/** The rate that a set was learnt with. @throws UsageError if it says none. */
export function learntRateOf({ metadata: { lr } }: Pick<JudgedSet, "metadata">, who: string): number {
  if (typeof lr === "number" && lr > 0) return lr;
  throw new UsageError(`${who}: missing learning rate: expected one that the set was learnt with, got none; say lr`);
}
