import * as z from "zod";
import type { Normalisation } from "../data/Normalisation.ts";
import type { OpenOptions } from "../formats/open.ts";
import { jpegDecoder } from "./jpegDecoder.ts";
import type { WhiteningHooks } from "./whitening/namedWhitening.ts";

/** What a person may say of a set that its file leaves open: options of commands, and of the sets in an experiment file. */
export const readingFields = {
  format: z.string().optional().describe("read as this format instead of recognising the content"),
  experiment: z.int().min(0).optional().describe("which experiment of a DC/DSA/DM file (default: the first)"),
  split: z.enum(["train", "test"]).optional().describe("which half of a raw set (default: train)"),
  coarse: z.boolean().optional().describe("the groups of classes of a raw set that has both (CIFAR-100)"),
  layout: z.enum(["nchw", "nhwc"]).optional().describe("memory order of the images where the file does not say"),
  ipc: z.int().min(1).optional().describe("images per class where labels are missing"),
  factor: z.int().min(1).optional().describe("how many tiles a side of an IDC image is cut into (default: 2)"),
  normalisation: z
    .string()
    .optional()
    .describe(
      "what was done to the pixels, where the file does not say: unit, 8-bit, a dataset (its mean/std), zca-DATASET, or MEANS/DEVIATIONS",
    ),
};

/** The same in code, where a normalisation may be given as such. */
export interface Reading extends Omit<OpenOptions, "normalisation" | "jpeg" | "whitening"> {
  /** A name (`cifar-10`, `zca-cifar-10`, `unit`), numbers as text, or the thing itself. */
  readonly normalisation?: Normalisation | string;
}

/**
 * What was said of a set, as options of `openSet` on this machine: with its JPEG decoder, and the whitenings of its raw data.
 *
 * @throws UsageError on an unknown normalisation, or whitening by raw data that are not there.
 */
export async function openOptions(reading: Reading, who: string, hooks: WhiteningHooks = {}): Promise<OpenOptions> {
  const { normalisation, ...rest } = reading;
  return {
    ...rest,
    ...(normalisation !== undefined && {
      normalisation: typeof normalisation === "string" ? await named(normalisation, who, hooks) : normalisation,
    }),
    // Raw data and their whitenings are looked for only where a set names one.
    whitening: async (name, fit) => (await whitenings()).whiteningLookup(hooks)(name, fit),
    jpeg: await jpegDecoder(),
    caller: reading.caller ?? { who },
  };
}

const whitenings = () => import("./whitening/namedWhitening.ts");
const named = async (text: string, who: string, hooks: WhiteningHooks) =>
  (await whitenings()).openedNormalisation(text, who, hooks);
