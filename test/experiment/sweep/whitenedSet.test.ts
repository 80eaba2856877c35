import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { rawData } from "../../../src/disk/rawData.ts";
import { setDigest } from "../../../src/disk/setDigest.ts";
import { openedNormalisation } from "../../../src/disk/whitening/namedWhitening.ts";
import { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { planExperiment } from "../../../src/experiment/plan/manifest.ts";
import { rawOfTrial } from "../../../src/experiment/plan/rawOfTrial.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { trialStages } from "../../../src/experiment/plan/trialStages.ts";
import { TrialRunner } from "../../../src/experiment/sweep/runTrial.ts";
import { StageStore } from "../../../src/experiment/sweep/StageStore.ts";
import { distil } from "../../../src/library/distil.ts";
import { loadDistillation } from "../../../src/run/distillStage.ts";
import { openRun } from "../../../src/run/Run.ts";
import { versions } from "../../../src/run/versions.ts";
import { cpu } from "../../attack/tiny.ts";
import { det } from "../../golden/det.ts";

const [images, side] = [40, 8];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-whitened-"));
  vi.stubEnv("RETORT_DATA", folder);
  await mkdir(join(folder, "mnist"));
  const header = (type: number, ...sizes: number[]) => [0, 0, 8, type, ...sizes.flatMap((s) => [0, 0, 0, s])];
  for (const [half, seed] of [
    ["train", 1],
    ["t10k", 2],
  ] as const) {
    const bytes = [...det(`whitened/${seed}`, images * side ** 2, 127, 128)].map(Math.floor);
    const pixels = Uint8Array.from([...header(3, images, side, side), ...bytes]);
    await writeFile(join(folder, "mnist", `${half}-images-idx3-ubyte`), pixels);
    const labels = Array.from({ length: images }, (_, i) => i % 10);
    const bytesOfLabels = Uint8Array.from([...header(1, images), ...labels]);
    await writeFile(join(folder, "mnist", `${half}-labels-idx1-ubyte`), bytesOfLabels);
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const options = { ipc: 1, width: 4, depth: 1, iterations: 2, batchReal: 3 };
const yaml = (normalisation: string, more = "", method = "dm") => `test: { data: mnist }
set: { distil: mnist, method: ${method}, ipc: 1${method === "dm" ? ", width: 4, depth: 1, iterations: 2, batchReal: 3" : ""}${normalisation} }
network: { name: mlp, width: 8 }
strategy: { epochs: 2 }
${more}`;
const planned = async (...written: Parameters<typeof yaml>) =>
  planExperiment(readExperiment(yaml(...written), join(folder, "e.yaml")), { device: cpu });

it("a set of a sweep is distilled whitened, attacked and measured in that space, as one alone", async () => {
  const { trials } = await planned(", normalisation: zca-mnist", "attack: { method: naive, share: 0.1 }");
  const { config, id } = trials[0];
  const raw = await rawData("mnist", "test").split("train");
  const fit = { data: setDigest(raw), epsilon: 0.1 };
  expect(config.set).toMatchObject({ normalisation: { kind: "zca", name: "mnist", fit } });
  expect(JSON.stringify(config).length).toBeLessThan(5000);
  expect((await planned("", "attack: { method: naive, share: 0.1 }")).trials[0].id).not.toBe(id);

  const made = versions("cpu", 1);
  const store = new StageStore(join(folder, "cache"), made);
  const inputs = new Inputs(folder, { device: cpu });
  await using runner = new TrialRunner(inputs, store);
  const { evaluations, stealth } = await runner.run({ ...config, threads: cpu.threads! });
  expect(evaluations.map(({ set }) => set)).toEqual(["clean", "tampered"]);
  // There is a way to pixels.
  expect(stealth).toBeDefined();

  const stage = trialStages({ ...config, threads: cpu.threads! }).set!;
  const run = await openRun(join(folder, "cache", "runs", stage), {
    ...{ command: "stage", config: { set: config.set }, data: {}, versions: made },
  });
  const { set } = (await loadDistillation(run, { device: cpu }))!;
  const normalisation = await openedNormalisation("zca-mnist", "test", { device: cpu });
  const alone = await distil(raw, "distributionMatching", options, { device: cpu, normalisation });
  expect(set.images).toEqual(alone.images);
  expect(set.normalisation).toMatchObject({ kind: "zca", fit });

  // What an attack distils is whitened once where no pixel changes any more, and is the same otherwise.
  const access = await rawOfTrial({ ...config, attack: { method: "naive", options: {} } }, set, inputs, cpu, "test");
  for (const settled of [true, false]) {
    let last: Float32Array | undefined;
    for await (const step of access!.distil({ ...raw }, undefined, settled)) last = step.set().images;
    last!.forEach((x, i) => {
      expect(Math.abs(x - set.images[i])).toBeLessThan(1e-4);
    });
  }
}, 120_000);

it("a sweep runs an attack whose trigger is a generator, says of which class it moves images, and keeps triggers apart", async () => {
  const surrogate = "surrogate: { network: mlp, width: 16, images: 2, passes: 1 }";
  const attack = (bound: number) =>
    `attack: { method: sneakDoor, targetClass: 1, steps: 1, trigger: { bound: ${bound}, width: 2 }, ${surrogate} }`;
  const config = async (bound: number) => {
    const { trials } = await planned(", normalisation: zca-mnist", attack(bound));
    return { ...trials[0].config, threads: cpu.threads! };
  };
  const store = new StageStore(join(folder, "moved"), versions("cpu", 1));
  await using runner = new TrialRunner(new Inputs(folder, { device: cpu }), store);
  const { evaluations, trigger } = await runner.run(await config(0.5));
  expect(trigger).toMatchObject({ inGamut: true, sourceClass: expect.any(Number) });
  expect(trigger?.sourceClass).not.toBe(1);
  // Four test images of a class.
  for (const { asr, asrWithoutTrigger } of evaluations)
    for (const rate of [asr, asrWithoutTrigger]) expect(4 * (rate ?? Number.NaN)).toBe(Math.round(4 * (rate ?? 0)));
  const files = async () => (await readdir(join(folder, "moved", "evaluations"))).length;
  expect(await files()).toBe(2);
  // The clean network is measured with each trigger for itself; the same trial reads what is there.
  await runner.run(await config(0.5));
  expect(await files()).toBe(2);
  await runner.run(await config(0.25));
  expect(await files()).toBe(4);
}, 120_000);

it("other whitenings, and methods without one, are refused when it is planned", async () => {
  await expect(planned(", normalisation: zca-nothing")).rejects.toThrow(
    /e\.yaml:2:1: set: unknown normalisation: expected zca-NAME with NAME one of strokes, /,
  );
  await expect(planned(", normalisation: zca-strokes")).rejects.toThrow(
    /: set: invalid normalisation: expected the whitening of the raw images themselves, zca-mnist, got zca-strokes$/,
  );
  await expect(planned(", normalisation: zca-mnist", "", "sre2l")).rejects.toThrow(
    /: set: invalid normalisation: expected a mean and deviation for the method sre2l, /,
  );
}, 120_000);

it("a whitening of other images than those that were planned with is refused", async () => {
  const { trials } = await planned(", normalisation: zca-mnist");
  const { set } = trials[0].config;
  if (!("distil" in set) || set.normalisation.kind !== "zca") throw new Error("no whitened set");
  const { normalisation } = set;
  const other = { ...set, normalisation: { ...normalisation, fit: { ...normalisation.fit!, data: "00" } } };
  await expect(new Inputs(folder).space(other, "trial")).rejects.toThrow("trial: invalid whitening zca-mnist: ");
});
