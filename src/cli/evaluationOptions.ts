import { z } from "zod";
import * as networks from "../nn/networks.ts";
import { protocolOptions } from "../train/protocol.ts";

const networkNames = Object.keys(networks) as [keyof typeof networks, ...(keyof typeof networks)[]];
const { epochs: _, ...protocol } = protocolOptions.shape;

/** Flags of every command that trains receivers. */
export const evaluationOptions = {
  test: z.string().optional().describe("raw dataset to measure on: strokes, a name in the data folder, or a path"),
  testImages: z.int().min(1).optional().describe("use the first so many test images (default: all)"),
  network: z.enum(networkNames).default("convNet").describe("architecture of the receivers"),
  width: z
    .int()
    .min(1)
    .optional()
    .describe("channels of the receivers' first layer, the others in proportion (default: as the field has it)"),
  networks: z.int().min(1).default(5).describe("receivers per set, each from its own initial weights"),
  epochs: z.array(z.int().min(1)).default([100]).describe("passes over the set; each length is trained from scratch"),
  ...protocol,
};

export type EvaluationChoice = z.infer<z.ZodObject<typeof evaluationOptions>>;
