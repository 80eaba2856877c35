import * as z from "zod";
import { optionGroup } from "../shell/optionGroup.ts";

/** Options that every command with computation shares; spread them into its schema. */
export const computeOptions = optionGroup(
  { title: "Run" },
  {
    seed: z.int().min(0).default(0).describe("root of all randomness: same seed, same bytes"),
    device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("where graphs are run"),
    threads: z.int().min(0).default(0).describe("threads of one graph; 0 leaves it to the runtime"),
  },
);

/** Where a run goes, for commands that leave a run folder. */
export const runFolderOptions = optionGroup(
  { title: "Run" },
  {
    out: z.string().optional().describe("run folder; resumed if it holds the same run"),
  },
);
