import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { evaluate } from "../../src/cli/commands/evaluate.ts";
import { key, normal } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { scratchFolder } from "../python.ts";
import { call } from "./fakeTerminal.ts";

const set: DistilledSet = {
  kind: "distilled",
  name: "noise",
  images: normal(key("noise"), 10 * 3 * 32 * 32),
  shape: [10, 3, 32, 32],
  labels: { kind: "hard", classes: Int32Array.from({ length: 10 }, (_, i) => i) },
  classes: 10,
  normalisation: { kind: "meanStd", mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  metadata: {},
};

async function evaluated(metadata: DistilledSet["metadata"], ...words: string[]) {
  const folder = scratchFolder();
  await writeFile(join(folder, "set.safetensors"), setToSafetensors({ ...set, metadata }));
  const measured = ["--test", "strokes", "--test-images", "20", "--networks", "1", "--width", "4", "--epochs", "1"];
  const out = join(folder, "run");
  const path = join(folder, "set.safetensors");
  const { status, stderr } = await call({ evaluate }, "evaluate", path, "--quiet", ...measured, ...words, "--out", out);
  const config = await readFile(join(out, "config.json"), "utf8").catch(() => undefined);
  return { status, stderr, chosen: config && JSON.parse(config).config.evaluation };
}

it("a named protocol stands beneath what is written, and takes the rate that the set was learnt with", async () => {
  const { status, chosen } = await evaluated({ lr: 0.02 }, "--protocol", "datm", "--batch", "7", "--siamese");
  expect(status).toBe(0);
  expect(chosen).toMatchObject({ epochs: [1], batch: 7, augmentation: "dsa", siamese: true, ema: 0.9995, lr: 0.02 });
});

it("a set that says no rate is refused, unless somebody says one", async () => {
  const refused = await evaluated({}, "--protocol", "mtt");
  expect(refused).toMatchObject({ status: 2, chosen: undefined });
  expect(refused.stderr).toContain("retort evaluate: missing learning rate: expected one that the set was learnt with");
  expect((await evaluated({}, "--protocol", "mtt", "--lr", "0.5")).chosen).toMatchObject({ lr: 0.5, epochs: [1] });
});
