import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { ReadWhen } from "../../core/readWhen.ts";
import { convNetReadWhen, dsaOption, sharedOptions } from "../common/sharedOptions.ts";

const { ipc, network, width, depth, norm } = sharedOptions;

const count = (least: number) => z.int().min(least);

/** Options of matching trajectories. What is open has a published value by images per class. */
const common = {
  ipc,
  studentSteps: count(1)
    .optional()
    .describe("steps that the student trains on the set in an iteration (default by ipc)"),
  expertEpochs: count(1).default(2).describe("epochs of the expert that they are compared with"),
  maxStart: count(1).optional().describe("the student begins where the expert was before this epoch (default by ipc)"),
  lrImg: z.number().positive().optional().describe("SGD learning rate of the images"),
  lrRate: z
    .number()
    .min(0)
    .optional()
    .describe("SGD learning rate of the student's learning rate, which is learnt too (default by ipc)"),
  momentum: z.number().min(0).lt(1).default(0.5).describe("SGD momentum of the images"),
  lrNet: z.number().positive().default(0.01).describe("SGD learning rate of the network"),
  batchTrain: count(1).optional().describe("synthetic images in a step of the network"),
  gradient: z
    .enum(["exact", "held"])
    .default("exact")
    .describe("through all steps of the student, or with the weights of each held (TESLA, faster)"),
  experts: count(1).default(100).describe("networks trained on the raw images"),
  expertLr: z.number().positive().default(0.01).describe("SGD learning rate of the experts"),
  expertBatch: count(1).default(256).describe("raw images in a step of an expert"),
  expertSeed: count(0).default(0).describe("root of the experts' randomness: sets of any seed share them"),
  expertRho: z
    .number()
    .positive()
    .optional()
    .describe("experts seek flat minima: how far uphill GSAM looks (published for datm: 0.01; default: plain SGD)"),
  expertAlpha: z.number().min(0).optional().describe("weight of what GSAM takes off across the slope (default: 0.3)"),
  network,
  width,
  depth,
  norm,
  dsa: dsaOption,
};

/** Published for datm (arXiv 2310.05773, its program). */
export const usualAlpha = 0.3;

export const trajectoryReadWhen: readonly ReadWhen<{ network?: string; expertRho?: number }>[] = [
  ...convNetReadWhen,
  {
    option: "expertAlpha",
    read: ({ expertRho }) => expertRho !== undefined,
    by: "expertRho",
    fallback: () => usualAlpha,
  },
];

export const trajectoryOptions = z.strictObject({
  ...common,
  iterations: count(1).default(5000).describe("updates of the images"),
  init: z.enum(["real", "noise"]).default("real").describe("what the synthetic images start from"),
});

export const alignedOptions = z.strictObject({
  ...common,
  iterations: count(1).default(10_000).describe("updates of the images"),
  minStart: count(0).default(0).describe("the student begins at this epoch of the expert or later"),
  startFrom: count(1).optional().describe("maxStart at first, from where it grows (default by ipc)"),
  growth: count(1).optional().describe("iterations in which it grows (default by ipc)"),
  lrLabel: z
    .number()
    .min(0)
    .optional()
    .describe("SGD learning rate of the labels, which are learnt too (default by ipc)"),
  labelMomentum: z.number().min(0).lt(1).default(0.9).describe("SGD momentum of the labels"),
  threshold: z
    .number()
    .positive()
    .optional()
    .describe("an iteration with a larger loss changes nothing (default by ipc)"),
});

type Open = "studentSteps" | "maxStart" | "lrImg" | "lrRate" | "batchTrain";
type Chosen = { readonly [name in Open]: number };
type Aligned = z.infer<typeof alignedOptions>;

/** Options of either method with nothing left open. */
export type TrajectoryOptions = Omit<z.infer<typeof trajectoryOptions>, Open> &
  Chosen &
  Partial<Pick<Aligned, "minStart" | "startFrom" | "growth" | "lrLabel" | "labelMomentum" | "threshold">>;

type Row = { readonly ipc: number } & Partial<Record<keyof Aligned, number>>;

/** arXiv 2203.11932, table of hyper-parameters for CIFAR-10; those of 1 and 10 images per class belong to whitened images. */
export const publishedTrajectory: readonly Row[] = [
  { ipc: 1, studentSteps: 50, maxStart: 2, lrImg: 100, lrRate: 1e-7 },
  { ipc: 10, studentSteps: 30, maxStart: 20, lrImg: 1e5, lrRate: 1e-6 },
  { ipc: 50, studentSteps: 30, maxStart: 40, lrImg: 1e3, lrRate: 1e-5 },
];

/** arXiv 2310.05773, configs of its program for CIFAR-10. */
export const publishedAligned: readonly Row[] = [
  { ipc: 1, maxStart: 4, startFrom: 4, growth: 1, lrImg: 100, lrRate: 1e-7, lrLabel: 5, threshold: 1.1 },
  { ipc: 10, maxStart: 20, startFrom: 10, growth: 1000, lrImg: 100, lrRate: 1e-5, lrLabel: 2, threshold: 1 },
  { ipc: 50, maxStart: 40, startFrom: 20, growth: 2000, lrImg: 1000, lrRate: 1e-5, lrLabel: 2, threshold: 1 },
].map((row) => ({ studentSteps: 80, ...row }));

/** What an option leaves open is that of the largest published ipc that is not above this one; a step shows all images. */
export function settled<O extends { readonly ipc: number }>(options: O, published: readonly Row[], classes: number): O {
  const { ipc: _, ...row } = published.findLast(({ ipc }) => ipc <= options.ipc)!;
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const chosen = { batchTrain: classes * options.ipc, ...row, ...given };
  // A smaller end of the window than its published beginning.
  const begins = "startFrom" in row && given.startFrom === undefined && given.maxStart !== undefined;
  return {
    ...options,
    ...chosen,
    ...(begins ? { startFrom: Math.min(row.startFrom!, given.maxStart as number) } : {}),
  };
}

/** The student begins at an epoch below this in an iteration: the window of starts may grow (arXiv 2310.05773, §3.3). */
export function startsBelow(
  { maxStart, startFrom = maxStart, growth = 1 }: TrajectoryOptions,
  iteration: number,
): number {
  return Math.min(maxStart, startFrom + Math.floor(((maxStart - startFrom) * iteration) / growth));
}

/** @throws UsageError for a window of starts that is empty. */
export function checkWindow(options: TrajectoryOptions, who: string): void {
  const { minStart = 0, maxStart, startFrom = maxStart } = options;
  if (startFrom > maxStart)
    throw new UsageError(`${who}: invalid startFrom: expected at most maxStart ${maxStart}, got ${startFrom}`);
  if (minStart >= startFrom)
    throw new UsageError(
      `${who}: invalid minStart: expected less than ${startFrom}, where starts end, got ${minStart}`,
    );
}
