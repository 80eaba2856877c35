import * as z from "zod";
import { networkName } from "../nn/networkName.ts";
import { namedOptimisers } from "../nn/optimiserNames.ts";

const namesOf = <T extends object>(registry: T) => Object.keys(registry) as [keyof T & string, ...(keyof T & string)[]];

/**
 * How a receiver trains. The defaults are the field's baseline protocol without augmentation (docs/method.md, §4). Options without
 * a default here belong to a setting of another one: `resolveProtocol` fills them in where they apply and refuses them elsewhere.
 */
export const protocolOptions = z.strictObject({
  epochs: z.number().int().min(1).default(300).describe("passes over the set"),
  batch: z.number().int().min(1).default(256).describe("images a step"),
  optimiser: z.enum(namesOf(namedOptimisers)).default("momentum").describe("update rule"),
  lr: z.number().positive().default(0.01).describe("learning rate"),
  momentum: z.number().min(0).max(1).optional().describe("momentum of momentum and nesterov (default: 0.9)"),
  weightDecay: z.number().min(0).default(5e-4).describe("L2 penalty (decoupled for adamw)"),
  schedule: z
    .enum(["step", "two-steps", "constant", "cosine", "half-cosine"])
    .default("step")
    .describe(
      "step: × 0.1 after epoch E//2+1 with a fresh optimiser state; two-steps: × 0.2 after two thirds and after five sixths; cosine: to 0; half-cosine: to a half",
    ),
  warmup: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("epochs in which the learning rate first rises to its full height; the schedule runs over the others"),
  augmentation: z
    .string()
    .default("none")
    .describe(
      "none, or stages joined by +, each flip-crop, resized-crop, shuffle, noise, dsa, or DSA operators of which one a batch is drawn, joined by _ (color, crop, cutout, flip, scale, rotate)",
    ),
  siamese: z.boolean().default(false).describe("DSA operators change all images of a batch alike"),
  noise: z.number().positive().optional().describe("deviation of the noise stage, in the set's space (default: 0.1)"),
  leastArea: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe("area of the smallest part that resized-crop cuts out, as a share of the image's (default: 0.08)"),
  parts: z.number().int().min(2).optional().describe("parts along each side that shuffle reorders (default: 2)"),
  mixing: z.enum(["none", "mixup", "cutmix"]).default("none").describe("train on mixtures of two images"),
  mixingAlpha: z.number().positive().optional().describe("mixing shares are drawn from Beta(α, α) (default: 1)"),
  mixingChance: z.number().gt(0).max(1).optional().describe("share of the batches that are mixed (default: 1)"),
  loss: z
    .enum(["cross-entropy", "squared"])
    .optional()
    .describe(
      "what networks learn by (default: cross-entropy); squared: towards labels that are centred, as a set has them or less 1/K",
    ),
  labels: z
    .enum(["set", "hard", "smoothed", "teacher"])
    .default("set")
    .describe("as the set has them, its most probable class, smoothed, or together with a teacher's answers"),
  smoothing: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("share of smoothed labels that is spread evenly (default: 0.1)"),
  temperature: z
    .number()
    .positive()
    .optional()
    .describe("divides a set's label logits (default: 1) or the teacher's and the student's (default: 4)"),
  teacherFrom: z
    .enum(["set", "raw"])
    .optional()
    .describe(
      "what the teacher learns first: the set that the student does, or the raw images, as it did when it made the set (default: set)",
    ),
  teacherEpochs: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("passes over the raw images of another teacher than the one that made the set"),
  teacher: networkName.optional().describe("network that teaches (default: convNet)"),
  teacherWidth: z.number().int().min(1).optional().describe("width of the teacher (default: as the field has it)"),
  teacherShare: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("weight of the teacher's answers in the loss; the labels have the rest (default: 0.9)"),
  input: z
    .enum(["as-is", "clamp", "8-bit", "zca"])
    .default("as-is")
    .describe(
      "what happens to training and test images: nothing, clamped to [0, 1], rounded to 8 bits, whitened by the training set",
    ),
  ema: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("decay of an average of the weights that is measured in their place (0: the last weights)"),
});

export type Protocol = z.infer<typeof protocolOptions>;
