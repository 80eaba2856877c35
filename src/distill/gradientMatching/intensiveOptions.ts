import * as z from "zod";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { sharedOptions } from "../common/sharedOptions.ts";

const { ipc, factor, ...network } = sharedOptions;

/** Options of IDC, with the defaults of the published program of arXiv 2205.14959. */
export const intensiveOptions = z.strictObject({
  ipc,
  iterations: z.int().min(1).default(2000).describe("networks, one after the other"),
  outer: z.int().min(1).default(100).describe("updates of the images at each network"),
  distance: z
    .enum(["mse", "l1"])
    .optional()
    .describe("sum of squares or of absolutes of what gradients differ by (default: mse in colour, l1 in grey)"),
  lrImg: z
    .number()
    .positive()
    .optional()
    .describe(
      "SGD learning rate of the images as pixels in [0, 1], where a class has ten; others in proportion (default: 5e-3 for mse, 1e-4 for l1)",
    ),
  momentum: z.number().min(0).lt(1).default(0.5).describe("SGD momentum of the images"),
  batchReal: z.int().min(1).default(64).describe("real images of each class an update"),
  batchSynthetic: z
    .int()
    .min(1)
    .default(128)
    .describe("parts of a class's images an update; drawn where there are more"),
  augmentation: z
    .string()
    .default("color+crop+cutout")
    .describe(
      "siamese augmentation: stages joined by +, each DSA operators joined by _ of which one is drawn, or none",
    ),
  netImages: z
    .int()
    .min(1)
    .optional()
    .describe("real images that the network learns between two updates (default: 2000 in colour, 500 in grey)"),
  batchNet: z.int().min(1).default(64).describe("real images in a step of the network"),
  lrNet: z
    .number()
    .positive()
    .default(0.01)
    .describe("SGD learning rate of the network, with momentum 0.9 and weight decay 5e-4"),
  netAugmentation: z
    .string()
    .default("color+crop")
    .describe("augmentation of the real images that the network learns, each with numbers of its own, or none"),
  mixingChance: z.number().min(0).max(1).default(0.5).describe("share of these batches that CutMix mixes"),
  factor: factor.unwrap().default(2).describe(factor.description!),
  ...network,
});

export type IntensiveOptions = z.infer<typeof intensiveOptions>;
export type SettledOptions = IntensiveOptions & Required<Pick<IntensiveOptions, "distance" | "lrImg" | "netImages">>;

/** Chosen: as wide and long as two cores can bear; of steps 1e-3, 1e-2 and 1e-1 the second was best for MNIST. */
export const intensivePresets = {
  reduced: { width: 32, iterations: 20, outer: 50, netImages: 512, distance: "l1", lrImg: 0.01 },
  quick: { width: 32, batchReal: 32, iterations: 4, outer: 20, netImages: 256, distance: "l1", lrImg: 0.01 },
} as const;

/** What options that are left open are: as published for CIFAR-10 and Fashion-MNIST. */
export function settled(options: IntensiveOptions, { shape: [, channels] }: LabelledSet): SettledOptions {
  const colour = channels === 3;
  const distance = options.distance ?? (colour ? "mse" : "l1");
  return {
    ...options,
    distance,
    lrImg: options.lrImg ?? (distance === "mse" ? 5e-3 : 1e-4),
    netImages: options.netImages ?? (colour ? 2000 : 500),
  };
}
