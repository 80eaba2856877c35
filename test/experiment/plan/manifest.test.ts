import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { setDigest } from "../../../src/disk/setDigest.ts";
import { estimate } from "../../../src/experiment/plan/estimate.ts";
import { openSweep, planExperiment, readManifest } from "../../../src/experiment/plan/manifest.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import { protocolOptions } from "../../../src/train/protocol.ts";
import { drawings } from "../drawings.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-plan-"));
  await writeFile(join(folder, "set.safetensors"), setToSafetensors(drawings()));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = `test: { data: strokes, images: 20 }
set: { file: set.safetensors }
attack: { method: badNets }
trigger: { side: 2 }
strategy: { epochs: 3 }
matrix: { network: [mlp, convNet], seed: [0, 1] }
`;
const planned = async (yaml = text, name = "e.yaml") => planExperiment(readExperiment(yaml, join(folder, name)));

it("says how far it is, and stops where it is told to", async () => {
  const said: [number, number][] = [];
  const experiment = readExperiment(text, join(folder, "e.yaml"));
  await planExperiment(experiment, { onTrial: (done, total) => said.push([done, total]) });
  expect(said).toEqual([1, 2, 3, 4].map((done) => [done, 4]));
  await expect(planExperiment(experiment, { signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow(
    "stopped",
  );
});

it("every trial is complete, its id depends on content only", async () => {
  const manifest = await planned();
  expect(manifest.trials).toHaveLength(4);
  const [{ config, axes, id }] = manifest.trials;
  expect(axes).toEqual({ network: "mlp", seed: 0 });
  expect(config).toMatchObject({
    set: { file: "set.safetensors", sha256: setDigest(drawings()) },
    attack: { method: "badNets", options: { poisonRatio: 0.1, trigger: { side: 2, value: 1, unit: "pixel" } } },
    network: { name: "mlp" },
    strategy: { ...protocolOptions.parse({}), epochs: 3 },
    receivers: 1,
    device: "cpu",
    threads: 1,
  });
  expect(config.test.sha256).toMatch(/^[0-9a-f]{64}$/);
  // The same settings in other words: the same trials.
  const other = await planned(
    text.replace("seed: [0, 1]", "seed: [1, 0]").replace("side: 2", "side: 2, value: 1"),
    "other.yaml",
  );
  expect(other.trials.map((trial) => trial.id).sort()).toEqual(manifest.trials.map((trial) => trial.id).sort());
  expect((await planned(text.replace("side: 2", "side: 3"))).trials[0].id).not.toBe(id);
  expect((await planned(text.replace("images: 20", "images: 10"))).trials[0].id).not.toBe(id);
}, 120_000);

it.each([
  [text.replace("method: badNets", "poisonRatio: 0.5"), "e.yaml:3:1: attack: missing method"],
  [text.replace(/attack.*\n/, ""), /e\.yaml:3:1: trigger: missing attack/],
  [
    text.replace(/set.*\n/, "set: { distil: stroke, method: dm }\n"),
    /e\.yaml:2:1: set: unknown data: expected strokes, .* or a path/,
  ],
  [text.replace("side: 2", "side: 2 }\nnetwork: { width: 8").replace("network: [mlp, convNet], ", ""), undefined],
  [text.replace(/set.*\n/, "set: { file: none.pt }\n"), /none\.pt/],
  [
    text.replace("seed: [0, 1]", "strategy.mine: { a: { epoch: 2 } }"),
    /e\.yaml:6:\d+: strategy: unknown option: expected one of .*, got epoch/,
  ],
  [`${text}  `.replace("network: [mlp, convNet]", "attack.poisonRatio: [0.1]\n  , trigger.side: [2]"), undefined],
])("resolves or says what is wrong: %#", async (yaml, message) => {
  if (message === undefined) await expect(planned(yaml)).resolves.toBeDefined();
  else await expect(planned(yaml)).rejects.toThrow(message);
});

it("a set that the sweep will distil is told by its recipe and the digest of the raw images", async () => {
  const { trials } = await planned(text.replace(/set.*\n/, "set: { distil: strokes, method: random, ipc: 1 }\n"));
  expect(trials[0].config.set).toMatchObject({
    distil: "strokes",
    method: "randomReal",
    seed: 0,
    options: { ipc: 1 },
    normalisation: { name: "strokes" },
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

it("an axis of one's own gives several options of a part a name, beside other axes of the same part", async () => {
  const { trials } = await planned(
    text.replace(
      "network: [mlp, convNet]",
      `network: [mlp],
  strategy.images: { plain: {}, mixed: { mixing: mixup } },
  strategy.training: { short: { epochs: 2 }, adam: { optimiser: adam, lr: 0.001 } }`,
    ),
  );
  expect(trials).toHaveLength(8);
  const { axes, config } = trials[6];
  expect(axes).toEqual({ network: "mlp", "strategy.images": "mixed", "strategy.training": "adam", seed: 0 });
  expect(config.strategy).toMatchObject({ mixing: "mixup", optimiser: "adam", lr: 0.001, epochs: 3 });
});

it("two combinations that are the same trial are refused", async () => {
  const same = text.replace("network: [mlp, convNet]", "trigger: { a: { side: 2 }, b: { side: 2, value: 1 } }");
  await expect(planned(same)).rejects.toThrow(
    "expected every trial to differ, got the same one for trigger a, seed 0 and trigger b, seed 0",
  );
});

it("a manifest is read back, and refused if it was changed", async () => {
  const manifest = await planned();
  await openSweep(folder, manifest);
  expect(await readManifest(folder)).toEqual(JSON.parse(JSON.stringify(manifest)));
  await openSweep(folder, { ...manifest, trials: manifest.trials.slice(1) });
  expect((await readManifest(folder)).trials).toHaveLength(3);
  const other = { ...manifest, versions: { ...manifest.versions, onnxruntime: "0.0.1" } };
  await expect(openSweep(folder, other)).rejects.toThrow("expected results of onnxruntime 0.0.1");
  const path = join(folder, "manifest.json");
  const whole = await readFile(path, "utf8");
  const changed = whole.replaceAll('"epochs":3', '"epochs":4');
  await writeFile(path, changed);
  await expect(readManifest(folder)).rejects.toThrow(
    /manifest\.json: damaged file: expected what was written, got another content.*; retort run or retort plan/,
  );
  // Without a digest, as older versions wrote it.
  const before = (text: string) =>
    writeFile(path, text.replace(/ "integrity":"\w+",/, "").replace("retort-manifest/2", "retort-manifest/1"));
  await before(changed);
  await expect(readManifest(folder)).rejects.toThrow("expected the id of its content");
  await before(whole);
  expect((await readManifest(folder)).trials).toHaveLength(3);
  for (const text of ["{", "", whole.slice(0, -9)]) {
    await writeFile(path, text);
    await expect(readManifest(folder)).rejects.toThrow(/manifest\.json: damaged file/);
    await openSweep(folder, manifest);
    expect(await readManifest(folder)).toEqual(JSON.parse(JSON.stringify(manifest)));
  }
  await expect(readManifest(join(folder, "none"))).rejects.toThrow("expected one with manifest.json, got none");
});

it("an estimate counts shared stages once", async () => {
  const { trials } = await planned();
  const costs = trials.map(() => ({ set: 100, kept: {}, attack: 10, teacher: 0, receiver: 1, audit: 0 }));
  // An attack for each seed, which the second network finds made; each network trains its own clean and tampered ones.
  expect(estimate(trials, costs)).toEqual([12, 12, 2, 2]);
});

it("an estimate counts networks that sets share once, and the longer way of one that goes on", async () => {
  const yaml = text
    .replace(/(set|attack|trigger).*\n/g, "")
    .replace("matrix: {", "set: { distil: strokes, method: random, ipc: 1 }\nmatrix: { set.seed: [0, 1, 2],")
    .replace(", seed: [0, 1]", "")
    .replace("[mlp, convNet]", "[mlp]");
  const { trials } = await planned(yaml);
  const kept: Record<string, number>[] = [
    { a: 10, b: 10 },
    { a: 10, b: 10 },
    { b: 30, c: 5 },
  ];
  const costs = trials.map((_, i) => ({ set: 100, kept: kept[i], attack: 0, teacher: 0, receiver: 1, audit: 0 }));
  expect(estimate(trials, costs)).toEqual([121, 101, 126]);
});
