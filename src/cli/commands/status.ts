import * as z from "zod";
import { defineCommand } from "../shell/command.ts";

/** Say how far a sweep is. */
export const status = defineCommand({
  summary: "say how far a sweep is, and which trials failed",
  arguments: { "<folder>": "folder of retort run" },
  options: z.object({}),
  examples: ["status runs/sweep", "status runs/sweep --json"],
  async run({ args: [folder], console }) {
    const [{ readManifest, spelled }, { readOutcomes }] = await Promise.all([
      import("../../experiment/plan/manifest.ts"),
      import("../../experiment/sweep/outcomes.ts"),
    ]);
    const { trials } = await readManifest(folder);
    const outcomes = await readOutcomes(folder, trials);
    const failures = trials.flatMap(({ id, axes }) => {
      const outcome = outcomes.get(id);
      return outcome?.status === "failed" ? [{ id, trial: spelled(axes), error: outcome.error }] : [];
    });
    const counts = {
      total: trials.length,
      finished: outcomes.size - failures.length,
      failed: failures.length,
      open: trials.length - outcomes.size,
    };
    console.result({ ...counts, failures }, () => {
      console.line(
        `${counts.finished} of ${counts.total} trials finished, ${counts.failed} failed, ${counts.open} open`,
      );
      for (const { id, trial, error } of failures) console.line(`${id}  ${trial}: ${error}`);
    });
    return failures.length > 0 ? 1 : 0;
  },
});
