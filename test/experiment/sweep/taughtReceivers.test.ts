import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { strokes } from "../../../src/data/generators/strokes.ts";
import type { Normalisation } from "../../../src/data/Normalisation.ts";
import { knownNormalisations } from "../../../src/data/Normalisation.ts";
import { setDigest } from "../../../src/disk/setDigest.ts";
import type { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import type { TrialConfig } from "../../../src/experiment/plan/TrialConfig.ts";
import { trialStages } from "../../../src/experiment/plan/trialStages.ts";
import { TrialRunner } from "../../../src/experiment/sweep/runTrial.ts";
import { StageStore } from "../../../src/experiment/sweep/StageStore.ts";
import { distil } from "../../../src/library/distil.ts";
import { evaluate } from "../../../src/library/evaluate.ts";
import { versions } from "../../../src/run/versions.ts";
import { underNamed } from "../../../src/train/namedProtocols.ts";
import { protocolOptions } from "../../../src/train/protocol.ts";
import { resolveProtocol } from "../../../src/train/resolveProtocol.ts";
import { cpu } from "../../attack/tiny.ts";

const [raw, test] = [strokes("train", 200), strokes("test", 60)];
const sha256 = setDigest(raw);
const options = { ipc: 1, width: 4, depth: 2, teacherEpochs: 2, teacherBatch: 50, candidates: 4, crops: 2 };
const normalisation = knownNormalisations.strokes;
const common = {
  ...{ network: { name: "mlp", width: 8 }, receivers: 2, seed: 5, test: { data: "strokes", sha256: "00" } },
  ...{ device: cpu.name, threads: cpu.threads },
} as const;
const protocolOf = (settings: object) => resolveProtocol(protocolOptions.parse(settings));
const inputs = {
  space: async ({ normalisation }: { normalisation: Normalisation }) => normalisation,
  train: async () => raw,
  test: async () => test,
  trainDigest: async () => sha256,
  testDigest: async () => "00",
} as unknown as Inputs;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-taught-"));
  vi.stubEnv("RETORT_DATA", join(folder, "data"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it("receivers of a trial ask the teacher that made the set, and learn what those of one run do", async () => {
  const clean = await distil(raw, "realisticDiverse", options, { seed: 3, device: cpu });
  const settings = underNamed("rded", clean, { epochs: 3 }, "test");
  const strategy = protocolOf(settings);
  const recipe = {
    purpose: "teacher",
    width: 4,
    depth: 2,
    norm: "instance",
    epochs: 2,
    batch: 50,
    lr: 0.01,
    seed: 0,
  } as const;
  const complete = clean.metadata.options as Record<string, unknown>;
  const config: TrialConfig = {
    set: { distil: "strokes", method: "realisticDiverse", normalisation, options: complete, seed: 3, sha256 },
    strategy,
    teacher: { recipe, data: "strokes", sha256 },
    ...common,
  };
  const stages: string[] = [];
  const store = new StageStore(join(folder, "cache"), versions("cpu", cpu.threads));
  await using runner = new TrialRunner(inputs, store, { onStage: (key) => void stages.push(key) });
  const { evaluations } = await runner.run(config);
  const { evaluations: alone } = await evaluate(
    clean,
    { test, as: "rded", raw, epochs: 3, networks: ["mlp"], width: 8, repeats: 2 },
    { seed: 5, device: cpu },
  );
  expect(evaluations.map(({ cta }) => cta)).toEqual(alone.map(({ cta }) => cta));
  expect(stages).toContain(trialStages(config).teacher);
  await expect(
    runner.run({ ...config, seed: 6, teacher: { recipe: { ...recipe, seed: 1 }, data: "strokes", sha256: "11" } }),
  ).rejects.toThrow("trial: invalid teacher's data strokes: expected the content that was planned with");
});

it("receivers of a trial learn at the rate that the set says, where it was not known before", async () => {
  const clean = { ...(await distil(raw, "randomReal", { ipc: 2 }, { seed: 3, device: cpu })), metadata: { lr: 0.2 } };
  const files = { ...inputs, distilled: async () => clean, setDigest: async () => "22" } as unknown as Inputs;
  const config: TrialConfig = {
    ...{ set: { file: "set", sha256: "22" }, strategy: protocolOf({ epochs: 3 }), learntRate: true },
    ...common,
  };
  const store = new StageStore(join(folder, "learnt"), versions("cpu", cpu.threads));
  await using runner = new TrialRunner(files, store);
  const { evaluations } = await runner.run(config);
  const { evaluations: alone } = await evaluate(
    clean,
    { test, lr: 0.2, epochs: 3, networks: ["mlp"], width: 8, repeats: 2 },
    { seed: 5, device: cpu },
  );
  expect(evaluations.map(({ cta }) => cta)).toEqual(alone.map(({ cta }) => cta));
});
