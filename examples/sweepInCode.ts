/** A sweep without an experiment file: two shares of stamped images, two seeds, and its table. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sweep } from "retort-dd/node";
import { renderSweepMarkdown } from "retort-dd/report";

const folder = await mkdtemp(join(tmpdir(), "sweep-"));
try {
  const record = await sweep(
    {
      title: "How many images must carry the stamp",
      set: { distil: "strokes", method: "random", ipc: 5 },
      attack: { method: "cleanLabel" },
      network: { name: "convNet", width: 16 },
      strategy: { epochs: 20 },
      test: { data: "strokes", images: 100 },
      receivers: 1,
      matrix: { "attack.share": [0.2, 0.6], seed: [0, 1] },
    },
    { folder, jobs: 1 },
  );
  console.log(renderSweepMarkdown(record).slice(0, 400));
} finally {
  await rm(folder, { recursive: true });
}
