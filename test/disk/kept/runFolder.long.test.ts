import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Attack } from "../../../src/attack/Attack.ts";
import { poisonedDistillation } from "../../../src/attack/poisonedDistillation/poisonedDistillation.ts";
import { key } from "../../../src/core/random.ts";
import { knownNormalisations } from "../../../src/data/Normalisation.ts";
import { onDamage } from "../../../src/disk/kept/damage.ts";
import { setDigest } from "../../../src/disk/setDigest.ts";
import { randomReal } from "../../../src/distill/randomReal.ts";
import { mlp } from "../../../src/nn/networks/mlp.ts";
import { loadAttack, runAttackStage } from "../../../src/run/attackStage.ts";
import { runDistillStage } from "../../../src/run/distillStage.ts";
import { runEvaluationStage } from "../../../src/run/evaluationStage.ts";
import { openRun, readRun } from "../../../src/run/Run.ts";
import type { RunDescription } from "../../../src/run/RunDescription.ts";
import { versions } from "../../../src/run/versions.ts";
import { protocolOptions } from "../../../src/train/protocol.ts";
import { cpu, quick } from "../../attack/tiny.ts";
import { smallStrokes } from "../../smallStrokes.ts";
import { faults, inject } from "./faults.ts";

let folder: string;
const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  onDamage((message) => said.push(message));
});

const describe = (seed: number): RunDescription => ({
  command: "test",
  config: { seed },
  data: {},
  versions: versions("cpu", 1),
});

/** Every stage of a run, tiny. @param stopAt the update of the attack after which it is interrupted. */
async function work(name: string, seed = 0, stopAt = Number.POSITIVE_INFINITY) {
  const run = await openRun(join(folder, name), describe(seed));
  const raw = smallStrokes("train", 40);
  const normalisation = knownNormalisations.strokes;
  const context = { normalisation, key: key(seed), device: cpu, record: { seed, source: { name: "strokes" } } };
  const distilled = await runDistillStage(run, randomReal as never, raw, { ipc: 1 }, context as never);
  const stop = new AbortController();
  const attack = poisonedDistillation as unknown as Attack;
  const options = attack.options.parse({ ...quick, steps: 4 });
  const result = await runAttackStage(run, distilled.set, attack, options as never, {
    key: key(seed),
    device: cpu,
    now: () => 0,
    signal: stop.signal,
    onProgress: ({ phase, done }) => phase !== "archetypes" && done >= stopAt && stop.abort(new Error("stopped")),
  });
  const measured = await runEvaluationStage(run, {
    sets: [
      { name: "clean", set: distilled.set },
      { name: "tampered", set: result.set },
    ],
    test: smallStrokes("test", 20),
    backdoor: result,
    repeats: 2,
    key: key(1),
    protocol: protocolOptions.parse({}),
    epochs: [1],
    networks: { mlp: mlp({ channels: 3, size: 8, classes: 10 }, { width: 4 }) },
    device: cpu,
  });
  await run.writeJson("metrics.json", { seed });
  return { measured, sets: [setDigest(distilled.set), setDigest(result.set)], trigger: result.trigger };
}

let expected: Awaited<ReturnType<typeof work>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-faults-"));
  expected = await work("whole");
  await work("other", 1);
  for (const [name, seed] of [
    ["half", 0],
    ["otherHalf", 1],
  ] as const)
    await expect(work(name, seed, 1)).rejects.toThrow("stopped");
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** File → one of the same kind to swap it with. */
const kept: Readonly<Record<string, string>> = {
  "config.json": "../other/config.json",
  "distill.json": "../other/distill.json",
  "distilled.safetensors": "tampered.safetensors",
  "attack.safetensors": "../other/attack.safetensors",
  "clean.safetensors": "tampered.safetensors",
  "tampered.safetensors": "clean.safetensors",
  "results/mlp-1-0-clean.json": "results/mlp-1-1-clean.json",
  "results/mlp-1-1-tampered.json": "../other/results/mlp-1-1-tampered.json",
  "timing/evaluation.json": "timing/attack.json",
};

/** Names and bytes of what a run has to say, times apart. */
const contentOf = (name: string) =>
  Object.fromEntries(
    Object.keys(kept)
      .filter((file) => !file.startsWith("timing"))
      .map((file) => [file, readFileSync(join(folder, name, file)).toString("latin1")]),
  );

it.each(Object.keys(kept).flatMap((file) => faults.map((fault) => [file, fault] as const)))(
  "%s, %s: said, set aside, made again with the same result",
  { timeout: 60_000 },
  async (file, fault) => {
    rmSync(join(folder, "hit"), { recursive: true, force: true });
    cpSync(join(folder, "whole"), join(folder, "hit"), { recursive: true });
    const path = join(folder, "hit", file);
    const damaged = inject(path, fault, join(folder, "hit", kept[file]));
    expect(await work("hit")).toEqual(expected);
    expect(said[0]).toContain(`${path}: damaged file: expected what was written, got `);
    expect(said).toHaveLength(1);
    expect(readFileSync(`${path}.damaged`)).toEqual(damaged);
    expect(contentOf("hit")).toEqual(contentOf("whole"));
    // And once only, whatever the fault was.
    if (fault !== faults[0]) return;
    said.length = 0;
    expect(await work("hit")).toEqual(expected);
    expect(said).toEqual([]);
  },
);

it.each(faults)(
  "a checkpoint, %s: the stage begins again, with the same result",
  { timeout: 60_000 },
  async (fault) => {
    rmSync(join(folder, "hit"), { recursive: true, force: true });
    cpSync(join(folder, "half"), join(folder, "hit"), { recursive: true });
    const path = join(folder, "hit/checkpoints/attack.safetensors");
    inject(path, fault, join(folder, "otherHalf/checkpoints/attack.safetensors"));
    expect(await work("hit")).toEqual(expected);
    expect(said).toEqual([expect.stringContaining(`${path}: damaged file`)]);
    expect(existsSync(`${path}.damaged`)).toBe(true);
  },
);

it.each(faults)("who only looks at a run is told and changes nothing: %s", async (fault) => {
  rmSync(join(folder, "hit"), { recursive: true, force: true });
  cpSync(join(folder, "whole"), join(folder, "hit"), { recursive: true });
  const at = (name: string) => join(folder, "hit", name);
  inject(at("metrics.json"), fault, at("../other/metrics.json"));
  inject(at("tampered.safetensors"), fault, at("clean.safetensors"));
  const run = await readRun(at(""));
  await expect(run.readJson("metrics.json")).rejects.toThrow(
    /metrics\.json: damaged file: expected what was written, got .*; the command of this run \(test\) with --out .* makes it again$/,
  );
  await expect(loadAttack(run)).rejects.toThrow(/tampered\.safetensors: damaged file/);
  expect(readdirSync(at("")).filter((name) => name.includes("damaged"))).toEqual([]);
  inject(at("config.json"), fault === "swap" ? "empty" : fault, at("config.json"));
  await expect(readRun(at(""))).rejects.toThrow(/config\.json/);
});

it("a damaged config.json of another run is left alone", async () => {
  rmSync(join(folder, "hit"), { recursive: true, force: true });
  cpSync(join(folder, "other"), join(folder, "hit"), { recursive: true });
  writeFileSync(join(folder, "hit/config.json"), "");
  await expect(openRun(join(folder, "hit"), describe(0))).rejects.toThrow(/damaged .*config\.json/);
  expect(readFileSync(join(folder, "hit/config.json"), "utf8")).toBe("");
});

it("a folder of a version without digests is read and continued", { timeout: 60_000 }, async () => {
  rmSync(join(folder, "hit"), { recursive: true, force: true });
  cpSync(join(folder, "whole"), join(folder, "hit"), { recursive: true });
  const bare = (path: string, change: (text: string) => string = (text) => text) => {
    const full = join(folder, "hit", path);
    writeFileSync(full, change(readFileSync(full, "utf8").replace(/ "integrity":"[0-9a-f]{64}",/, "")));
  };
  bare("config.json", (text) => text.replace("retort-run/2", "retort-run/1"));
  for (const name of readdirSync(join(folder, "hit/results"))) bare(`results/${name}`);
  for (const name of readdirSync(join(folder, "hit/timing"))) bare(`timing/${name}`);
  bare("distill.json");
  expect(await work("hit")).toEqual(expected);
  expect(said).toEqual([]);
  expect(await (await readRun(join(folder, "hit"))).readJson("metrics.json")).toEqual({ seed: 0 });
  // In a folder of this version such a file is damaged.
  cpSync(join(folder, "whole/config.json"), join(folder, "hit/config.json"));
  expect(await work("hit")).toEqual(expected);
  expect(said.length).toBeGreaterThan(3);
});
