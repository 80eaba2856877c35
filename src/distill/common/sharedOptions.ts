import * as z from "zod";
import type { ReadWhen } from "../../core/readWhen.ts";
import { namedIn } from "../../core/spelling.ts";

/** Options that several methods have alike. */
export const sharedOptions = {
  ipc: z.int().min(1).default(10).describe("images per class"),
  factor: z.int().min(1).default(1).describe("an image holds factor × factor smaller ones, enlarged for networks"),
  network: z.string().optional().describe("architecture of the networks, one of your own too (default: the ConvNet)"),
  width: z.int().min(1).default(128).describe("channels of the ConvNet"),
  depth: z.int().min(1).max(4).default(3).describe("blocks of the ConvNet"),
  norm: z
    .enum(["none", "layer", "instance", "group"])
    .default("instance")
    .describe("normalisation layers of the ConvNet"),
};

/** The field's siamese augmentation. */
export const dsaOption = z
  .string()
  .default("color_crop_cutout_flip_scale_rotate")
  .describe("siamese augmentation: operators joined by _, or none (digits should not be flipped)");

/** True for the name of the ConvNet, in either spelling. */
export const isConvNet = (name: string): boolean => namedIn(["convNet"], name) === "convNet";

/** Options that another network than the ConvNet does not read. */
export const convNetReadWhen: readonly ReadWhen<{ readonly network?: string }>[] = ["depth", "norm"].map((option) => ({
  option,
  read: ({ network }) => network === undefined || isConvNet(network),
  by: "the ConvNet",
}));
