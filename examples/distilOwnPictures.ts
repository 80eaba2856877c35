/** Distil a folder of one's own pictures, one sub-folder a class, into a set and save it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { distil, strokes } from "retort-dd";
import { convert } from "retort-dd/formats";
import { openRaw, save } from "retort-dd/node";

const folder = await mkdtemp(join(tmpdir(), "pictures-"));
try {
  // Stands in for your own pictures: 100 drawings as PNG, in folders named after their classes.
  const drawings = await distil(strokes("train", 200), "randomReal", { ipc: 10 });
  await save(drawings, join(folder, "pictures"), { format: "imageFolder" });
  console.log("formats a set can be written in:", (await convert(drawings, "npz")).losses.length, "losses in npz");

  // What Retort wrote beside the pictures would make them a distilled set again; yours have no such file.
  await rm(join(folder, "pictures", "set.json"));

  const raw = await openRaw(join(folder, "pictures"), "train");
  const set = await distil(raw, "distributionMatching", {
    ipc: 1,
    iterations: 20,
    batchReal: 8,
    width: 16,
    dsa: "none",
  });
  const { paths } = await save(set, join(folder, "distilled.safetensors"));
  console.log(`${raw.shape[0]} pictures of ${raw.classes} classes → ${set.shape[0]} images, ${paths.length} file`);
} finally {
  await rm(folder, { recursive: true });
}
