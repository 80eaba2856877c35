import { z } from "zod";

export const matchingOptions = z.strictObject({
  ipc: z.int().min(1).default(10).describe("images per class"),
  iterations: z
    .int()
    .min(1)
    .default(20_000)
    .describe("updates of the synthetic images, each with a new random network"),
  lrImg: z.number().positive().default(1).describe("SGD learning rate of the images"),
  momentum: z.number().min(0).lt(1).default(0.5).describe("SGD momentum of the images"),
  batchReal: z.int().min(1).default(256).describe("real images of each class an iteration"),
  init: z.enum(["real", "noise"]).default("real").describe("what the synthetic images start from"),
  dsa: z
    .string()
    .default("color_crop_cutout_flip_scale_rotate")
    .describe("siamese augmentation: operators joined by _, or none (digits should not be flipped)"),
  width: z.int().min(1).default(128).describe("channels of the ConvNet"),
  depth: z.int().min(1).max(4).default(3).describe("blocks of the ConvNet"),
  norm: z
    .enum(["none", "layer", "instance", "group"])
    .default("instance")
    .describe("normalisation layers of the ConvNet"),
});

export type MatchingOptions = z.infer<typeof matchingOptions>;
