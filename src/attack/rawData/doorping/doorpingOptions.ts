import * as z from "zod";
import { networkName } from "../../../nn/networkName.ts";
import { sgdOptions } from "../../common/surrogate.ts";
import { triggerOptions } from "../../common/triggerOptions.ts";
import { stampedShare } from "../poisonRaw.ts";

const { side, corner, margin, opacity } = triggerOptions.shape;

export const doorpingOptions = z.strictObject({
  trigger: z
    .strictObject({
      side: side.default(2),
      corner,
      margin: margin.default(1),
      opacity,
      lr: z.number().positive().default(0.08).describe("Adam learning rate of what the square shows"),
    })
    .prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  share: stampedShare(0.01),
  every: z.int().min(1).default(10).describe("steps of the distillation between two updates of the trigger"),
  neurons: z.int().min(1).default(1).describe("penultimate neurons that the trigger shall excite"),
  multiple: z.number().gt(1).default(10).describe("what they shall say, in multiples of what they said"),
  updates: z.int().min(1).default(1000).describe("Adam steps of the trigger at most, at each update"),
  enough: z.number().min(0).default(0.5).describe("mean squared distance at which an update ends"),
  images: z
    .int()
    .min(0)
    .default(0)
    .describe("raw images that the trigger is looked at on, drawn anew; 0: alone, on black"),
  surrogate: z
    .strictObject({
      network: networkName.default("convNet").describe("architecture of the networks whose neurons are excited"),
      width: z.int().min(1).default(32).describe("its width"),
      passes: z.int().min(0).default(50).describe("passes over the set as it stands, of a new network at each update"),
      batch: z.int().min(1).default(256).describe("images a step"),
      ...sgdOptions,
    })
    .prefault({}),
});

export type DoorpingOptions = z.infer<typeof doorpingOptions>;
