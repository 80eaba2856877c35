import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import type { WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import type { OpenOptions } from "../../formats/open.ts";
import { flagOf } from "../shell/flagOf.ts";
import { optionGroup } from "../shell/optionGroup.ts";
import { gateOptions } from "./gateOptions.ts";

/** Flags of every command that opens a set: what a file leaves open, and how much memory it may take. */
export const readOptions = {
  ...optionGroup(
    {
      title: "Reading",
      common: ["experiment", "normalisation", "force"],
      readWhen: [{ option: "force", read: ({ normalisation }) => normalisation !== undefined, by: "--normalisation" }],
    },
    {
      format: z.string().optional().describe("read as this format instead of recognising the content"),
      experiment: z.int().min(0).optional().describe("which experiment of a DC/DSA/DM file (default: the first)"),
      split: z.enum(["train", "test"]).optional().describe("which half of a raw set (default: train)"),
      layout: z.enum(["nchw", "nhwc"]).optional().describe("memory order of the images where the file does not say"),
      ipc: z.int().min(1).optional().describe("images per class where labels are missing"),
      factor: z.int().min(1).optional().describe("how many tiles a side of an IDC image is cut into (default: 2)"),
      normalisation: z
        .string()
        .optional()
        .describe(
          "what was done to the pixels, where the file does not say: unit, 8-bit, a dataset (its mean/std), zca-DATASET, or MEANS/DEVIATIONS",
        ),
      force: z.boolean().default(false).describe("take your --normalisation even where the file says another"),
      maxMebibytes: z.number().positive().default(2048).describe("most memory that reading may take, in MiB"),
    },
  ),
  ...gateOptions,
};

type Choice = z.infer<z.ZodObject<typeof readOptions>>;

/**
 * The flags as options of `openSet`, with this platform's JPEG decoder and raw data.
 *
 * @throws UsageError on an unknown normalisation or format, or whitening by raw data that are not there.
 */
export async function openOptions(choice: Choice, who: string, hooks: WhiteningHooks): Promise<OpenOptions> {
  const [{ jpegDecoder }, { openedNormalisation, whiteningLookup }] = await Promise.all([
    import("../../disk/jpegDecoder.ts"),
    import("../../disk/whitening/namedWhitening.ts"),
  ]);
  const { maxMebibytes, normalisation, format, experiment, split, layout, ipc, factor, force } = choice;
  return {
    experiment,
    split,
    layout,
    ipc,
    factor,
    force,
    ...(format === undefined ? {} : { format: await formatNamed(format, who) }),
    ...(normalisation === undefined ? {} : { normalisation: await openedNormalisation(normalisation, who, hooks) }),
    whitening: whiteningLookup(hooks),
    maxBytes: Math.floor(maxMebibytes * 2 ** 20),
    jpeg: await jpegDecoder(),
    caller: { who, spell: flagOf },
  };
}

/** Registry name of a format as people write it: `image-folder` and `imageFolder` are the same. */
export async function formatNamed(name: string, who: string): Promise<string> {
  const { formatRegistry: formats } = await import("../../formats/formatRegistry.ts");
  const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (Object.hasOwn(formats, camel)) return camel;
  const known = Object.keys(formats).sort().join(", ");
  throw new UsageError(`${who}: unknown format: expected one of ${known}, got ${JSON.stringify(name)}`);
}

/**
 * Refuse flags that the format at hand does not use: who writes `--experiment 3` should not get something else silently.
 *
 * `--normalisation` is no such flag: `openSet` holds it against every kind of file.
 *
 * @throws UsageError that names the flag.
 */
export async function refuseUnused(format: string, choice: Partial<Choice>, who: string): Promise<void> {
  const { refuseUnread } = await import("../../formats/refuseUnread.ts");
  refuseUnread(format, choice, who, flagOf);
}
