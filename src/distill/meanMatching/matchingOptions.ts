import * as z from "zod";
import { dsaOption, sharedOptions } from "../common/sharedOptions.ts";

const { ipc, factor, ...network } = sharedOptions;

/** Options of methods that match means over a class by the embeddings of random networks. */
const fields = {
  ipc,
  iterations: z
    .int()
    .min(1)
    .default(20_000)
    .describe("updates of the synthetic images, each with a new random network"),
  lrImg: z.number().positive().default(1).describe("SGD learning rate of the images"),
  momentum: z.number().min(0).lt(1).default(0.5).describe("SGD momentum of the images"),
  batchReal: z.int().min(1).default(256).describe("real images of each class an iteration"),
  init: z.enum(["real", "noise"]).default("real").describe("what the synthetic images start from"),
  dsa: dsaOption,
  factor,
  ...network,
};

export const matchingOptions = z.strictObject(fields);

export const attentionOptions = z.strictObject({
  ...fields,
  batchReal: fields.batchReal.unwrap().default(64).describe("real images of each class an iteration"),
  taskBalance: z.number().min(0).default(0.01).describe("weight of the network's answers beside its attention"),
});

/** Chosen: narrow networks have short embeddings, whose pull on the images is weaker; the step makes up for it. */
export const matchingPresets = {
  reduced: { width: 32, batchReal: 64, iterations: 1000, lrImg: 10 },
  quick: { width: 32, batchReal: 32, iterations: 100, lrImg: 10 },
} as const;

export type MatchingOptions = z.infer<typeof matchingOptions> & { readonly taskBalance?: number };
