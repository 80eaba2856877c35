import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { attack } from "../../src/cli/commands/attack.ts";
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

it("a set that names no teacher, or other raw images, is refused before anything is trained", async () => {
  const none = await evaluated({}, "--protocol", "rded");
  expect(none).toMatchObject({ status: 2, chosen: undefined });
  expect(none.stderr).toContain(
    "retort evaluate: missing teacher: expected a set of rded or sre2l, whose metadata say how its teacher learnt, got one that names none; say --teacher-epochs to train another",
  );
  const metadata = { method: "squeezeRecoverRelabel", options: { width: 4 }, source: { digest: "0".repeat(64) } };
  const other = await evaluated(metadata, "--protocol", "sre2l");
  expect(other).toMatchObject({ status: 2, chosen: undefined });
  expect(other.stderr).toContain(
    "retort evaluate: invalid --teacher-data: expected the raw images that the set was distilled from (sha256 000000000000…), got strokes",
  );
  const idle = await evaluated({}, "--teacher-data", "strokes");
  expect(idle.stderr).toContain("invalid --teacher-data: expected it only with --teacher-from raw, got strokes");
});

it("a shorter training has as long a part of warm-up", async () => {
  const { status, chosen } = await evaluated({}, "--protocol", "frepo");
  expect(status).toBe(0);
  expect(chosen).toMatchObject({ loss: "squared", optimiser: "adam", epochs: [1], warmup: 0 });
});

it("the receivers of an attack may follow one too, beneath what is written of them", async () => {
  const folder = scratchFolder();
  const path = join(folder, "set.safetensors");
  await writeFile(path, setToSafetensors({ ...set, metadata: { lr: 0.02 } }));
  const out = join(folder, "run");
  const of = (...words: string[]) => call({ attack }, "attack", "label-flip", path, "--quiet", "--out", out, ...words);
  const idle = await of("--receiver-protocol", "datm");
  expect(idle.stderr).toContain("invalid --receiver-protocol: expected it only with --test, got datm");
  const receivers = ["--receiver-networks", "1", "--receiver-width", "4", "--receiver-epochs", "1"];
  const { status } = await of("--test", "strokes", "--test-images", "20", "--receiver-protocol", "datm", ...receivers);
  expect(status).toBe(0);
  const { config } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
  expect(config.evaluation).toMatchObject({ epochs: [1], batch: 128, augmentation: "dsa", ema: 0.9995, lr: 0.02 });
});
