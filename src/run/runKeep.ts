import type { Keep } from "../core/Keep.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpointFile.ts";
import type { Run } from "./Run.ts";

/** What follows from the description of a run alone, kept among its checkpoints. A damaged file is set aside, and made again. */
export const runKeep = (run: Run): Keep => ({
  load: (name) => loadCheckpoint(run, name),
  save: (name, content) => saveCheckpoint(run, content, name),
});
