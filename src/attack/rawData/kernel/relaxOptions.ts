import * as z from "zod";
import { networkName } from "../../../nn/networkName.ts";
import { sgdOptions } from "../../common/surrogate.ts";
import { veilOptions, veilShare } from "./veil.ts";

export const relaxOptions = z.strictObject({
  trigger: veilOptions
    .extend({
      // 0.01 of a pixel in the published program, a fourth of which is a deviation.
      lr: z.number().positive().default(0.04).describe("Adam learning rate of what the trigger shows"),
    })
    .prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  share: veilShare,
  steps: z.int().min(1).default(1000).describe("Adam steps of the trigger, before distilling"),
  batch: z.int().min(1).default(10).describe("clean raw images of each class a step"),
  stamped: z.int().min(1).default(10).describe("raw images that are stamped, a step"),
  ridge: z
    .number()
    .positive()
    .default(1e-3)
    .describe("ridge of the regression, relative to the kernel's mean diagonal"),
  conflict: z
    .number()
    .min(0)
    .default(1e4)
    .describe("weight of what no function can fit, beside what the set cannot hold"),
  kernel: z
    .strictObject({
      network: networkName.default("convNet").describe("architecture of the networks whose features are the kernel"),
      width: z.int().min(1).default(32).describe("its width"),
      count: z.int().min(1).default(4).describe("networks that take turns"),
      passes: z.int().min(0).default(20).describe("passes of each over the clean set; 0: as they are drawn"),
      batch: z.int().min(1).default(256).describe("images a step of theirs"),
      ...sgdOptions,
    })
    .prefault({}),
});

export type RelaxOptions = z.infer<typeof relaxOptions>;
