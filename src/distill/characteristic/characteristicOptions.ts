import * as z from "zod";
import type { ReadWhen } from "../../core/readWhen.ts";
import { convNetReadWhen, dsaOption, sharedOptions } from "../common/sharedOptions.ts";

const { ipc, factor, ...network } = sharedOptions;

export const characteristicOptions = z.strictObject({
  ipc,
  iterations: z.int().min(1).default(20_000).describe("updates of the images, each with a new random network"),
  lrImg: z.number().positive().default(0.05).describe("Adam learning rate of the images"),
  batchReal: z.int().min(1).default(1024).describe("real images of each class an iteration"),
  frequencies: z.int().min(2).default(4096).describe("places at which characteristic functions are compared"),
  sampler: z
    .enum(["random", "learnt"])
    .default("random")
    .describe("frequencies are normal numbers, or what a network makes of them that learns to find differences"),
  lrSampler: z.number().positive().optional().describe("SGD learning rate of that network, uphill (default: 1e-3)"),
  alpha: z.number().min(0).max(1).default(0.5).describe("weight of amplitudes; that of phases is the rest"),
  init: z.enum(["real", "noise"]).default("real").describe("what the synthetic images start from"),
  dsa: dsaOption,
  factor: factor.unwrap().default(2).describe("an image holds factor × factor smaller ones, enlarged for networks"),
  ...network,
});

export type CharacteristicOptions = z.infer<typeof characteristicOptions>;

/** As published, with the momentum below. */
export const usualLrSampler = 1e-3;
export const samplerMomentum = 0.5;

export const characteristicReadWhen: readonly ReadWhen<CharacteristicOptions>[] = [
  ...convNetReadWhen,
  {
    option: "lrSampler",
    read: ({ sampler }) => sampler === "learnt",
    by: "sampler learnt",
    fallback: () => usualLrSampler,
  },
];
