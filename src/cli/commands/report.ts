import { z } from "zod";
import { defineCommand } from "../command.ts";

/** Render a run folder's record again. */
export const report = defineCommand({
  summary: "render the report of a run folder again",
  arguments: { "<run>": "run folder" },
  options: z.object({}),
  examples: ["report runs/demo"],
  async run() {
    return 0;
  },
});
