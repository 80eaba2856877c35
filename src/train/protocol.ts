import { z } from "zod";
import type { Key } from "../core/random.ts";
import type { Augmentation } from "../data/augment/Augmentation.ts";
import { type Batch, drawDsa, drawFlipCrop, parseDsaStrategy } from "../data/augment/dsa.ts";
import { namedOptimisers } from "../nn/optimiserNames.ts";

const optimiserNames = Object.keys(namedOptimisers) as [
  keyof typeof namedOptimisers,
  ...(keyof typeof namedOptimisers)[],
];

/** How a receiver trains. The defaults are the field's baseline protocol without augmentation (method, §4). */
export const protocolOptions = z.strictObject({
  epochs: z.number().int().min(1).default(300).describe("passes over the set"),
  batch: z.number().int().min(1).default(256).describe("images a step"),
  optimiser: z.enum(optimiserNames).default("momentum").describe("update rule"),
  lr: z.number().positive().default(0.01).describe("learning rate"),
  momentum: z.number().min(0).max(1).default(0.9).describe("momentum of the SGD forms"),
  weightDecay: z.number().min(0).default(5e-4).describe("L2 penalty (decoupled for adamw)"),
  schedule: z
    .enum(["step", "constant", "cosine"])
    .default("step")
    .describe("step: × 0.1 after epoch E//2+1 with a fresh optimiser state"),
  augmentation: z
    .string()
    .default("none")
    .describe("none, flip-crop, dsa, or DSA operators joined by _ (color, crop, cutout, flip, scale, rotate)"),
});

/** The DSA strategy of the field (arXiv 2102.08259). */
const dsaStrategy = "color_crop_cutout_flip_scale_rotate";

/** How a batch of images is changed before a step, drawn from a key; undefined = not at all. */
export function augmentationOf(protocol: Protocol): ((key: Key, batch: Batch) => Augmentation | undefined) | undefined {
  const { augmentation } = protocol;
  if (augmentation === "none") return undefined;
  if (augmentation === "flip-crop") return drawFlipCrop;
  const operators = parseDsaStrategy(augmentation === "dsa" ? dsaStrategy : augmentation);
  return (key, batch) => drawDsa(key, operators, batch, false);
}

export type Protocol = z.infer<typeof protocolOptions>;

/** Learning rate of an epoch (counted from 0) and whether the optimiser's state is zeroed before it. */
export function schedule(protocol: Protocol, epoch: number): { lr: number; fresh: boolean } {
  const { lr, epochs } = protocol;
  if (protocol.schedule === "constant") return { lr, fresh: false };
  if (protocol.schedule === "cosine")
    return { lr: (lr / 2) * (1 + Math.cos((Math.PI * epoch) / epochs)), fresh: false };
  const drop = Math.floor(epochs / 2) + 2; // the first epoch after epoch E//2+1
  return { lr: epoch >= drop ? lr * 0.1 : lr, fresh: epoch === drop };
}
