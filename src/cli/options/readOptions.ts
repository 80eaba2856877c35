import * as z from "zod";
import { type Reading, readingFields } from "../../disk/reading.ts";
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
      ...readingFields,
      force: z.boolean().default(false).describe("take your --normalisation even where the file says another"),
      maxMebibytes: z.number().positive().default(2048).describe("most memory that reading may take, in MiB"),
    },
  ),
  ...gateOptions,
};

type Choice = z.infer<z.ZodObject<typeof readOptions>>;

/** The flags as what is said of a set. */
export function readingFrom(choice: Choice, who: string): Reading {
  const { maxMebibytes, format, experiment, split, coarse, layout, ipc, factor, force, normalisation } = choice;
  return {
    ...{ format, experiment, split, coarse, layout, ipc, factor, force, normalisation },
    maxBytes: Math.floor(maxMebibytes * 2 ** 20),
    caller: { who, spell: flagOf },
  };
}
