import * as z from "zod";
import { networkName } from "../../../nn/networkName.ts";
import { sgdOptions } from "../../common/surrogate.ts";

export const sneakDoorOptions = z.strictObject({
  trigger: z
    .strictObject({
      // A half in normalised units in the published program, a fifth of which is a pixel.
      bound: z.number().gt(0).max(1).default(0.1).describe("largest addition to a pixel, 1 = black to white"),
      width: z.int().min(1).default(16).describe("channels of the generator's convolutions"),
      lr: z.number().positive().default(1e-3).describe("Adam learning rate of the generator"),
    })
    .prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  sourceClass: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe("class whose images are moved; none = the one that a network of the raw images confuses with the target"),
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe("share of the target's raw images that become moved images of the source class"),
  steps: z.int().min(1).default(1000).describe("Adam steps of the generator, before distilling"),
  batch: z.int().min(1).default(64).describe("raw images of the source class a step"),
  features: z.number().min(0).default(1).describe("weight of the distance to the target's mean feature"),
  near: z
    .number()
    .min(0)
    .default(0.3)
    .describe("weight of the mean square of what is added, in multiples of the bound"),
  surrogate: z
    .strictObject({
      network: networkName.default("convNet").describe("architecture of the network that the generator is trained on"),
      width: z.int().min(1).default(32).describe("its width"),
      images: z.int().min(1).default(500).describe("raw images of each class that it learns"),
      passes: z.int().min(1).default(20).describe("passes over them"),
      batch: z.int().min(1).default(64).describe("images a step"),
      ...sgdOptions,
    })
    .prefault({}),
});

export type SneakDoorOptions = z.infer<typeof sneakDoorOptions>;
