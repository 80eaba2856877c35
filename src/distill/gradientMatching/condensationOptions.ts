import * as z from "zod";
import { dsaOption, sharedOptions } from "../common/sharedOptions.ts";

const { ipc, factor, ...network } = sharedOptions;

/** Options of gradient matching, with the defaults of the published program of arXiv 2006.05929. */
const common = {
  ipc,
  iterations: z
    .int()
    .min(1)
    .default(1001)
    .describe("networks, one after the other; the published program counts 0 … 1000"),
  outer: z
    .int()
    .min(1)
    .optional()
    .describe("updates of the images at each network (default by ipc: 1 below 10, 10, 20, 30, 40, 50 from 10, 20, …)"),
  inner: z
    .int()
    .min(0)
    .optional()
    .describe("epochs that the network trains between two updates (default by ipc: 50, 25, 20, 15, 10 from 10, 20, …)"),
  lrImg: z.number().positive().default(0.1).describe("SGD learning rate of the images"),
  momentum: z.number().min(0).lt(1).default(0.5).describe("SGD momentum of the images"),
  lrNet: z.number().positive().default(0.01).describe("SGD learning rate of the network"),
  batchReal: z.int().min(1).default(256).describe("real images of each class an update"),
  batchTrain: z.int().min(1).default(256).describe("synthetic images in a step of the network"),
  factor,
  ...network,
};

const init = (start: "real" | "noise") =>
  z.enum(["real", "noise"]).default(start).describe("what the synthetic images start from");

export const condensationOptions = z.strictObject({ ...common, init: init("noise") });
export const siameseOptions = z.strictObject({ ...common, init: init("real"), dsa: dsaOption });

export type CondensationOptions = z.infer<typeof condensationOptions> & { readonly dsa?: string };

/** Chosen: 900 and 120 updates at any ipc, networks as wide as two cores can bear. */
export const condensationPresets = {
  reduced: { width: 32, batchReal: 64, iterations: 300, outer: 3, inner: 10 },
  quick: { width: 32, batchReal: 32, iterations: 60, outer: 2, inner: 5, init: "real" },
} as const;

/** (outer, inner) by images per class (arXiv 2006.05929, get_loops of its program). */
const publishedLoops = [
  [1, 1, 1],
  [10, 10, 50],
  [20, 20, 25],
  [30, 30, 20],
  [40, 40, 15],
  [50, 50, 10],
] as const;

/** The loops that an option leaves open are those of the largest published ipc that is not above this one. */
export function withLoops<O extends CondensationOptions>(options: O): O & { outer: number; inner: number } {
  const [, outer, inner] = publishedLoops.findLast(([ipc]) => ipc <= options.ipc)!;
  return { ...options, outer: options.outer ?? outer, inner: options.inner ?? inner };
}
