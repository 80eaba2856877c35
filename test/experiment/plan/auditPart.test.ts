import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Calibration, calibrationKind } from "../../../src/audit/calibration.ts";
import { defaultAudit } from "../../../src/audit/settings.ts";
import { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { planExperiment } from "../../../src/experiment/plan/manifest.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { trialStages } from "../../../src/experiment/plan/trialStages.ts";
import { TrialRunner } from "../../../src/experiment/sweep/runTrial.ts";
import { StageStore } from "../../../src/experiment/sweep/StageStore.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import { calibrationSettings } from "../../../src/library/audit.ts";
import { calibrationText } from "../../../src/run/calibrationFile.ts";
import { drawings } from "../drawings.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-audit-part-"));
const small = { level: "quick", width: 4, epochs: 2, grid: 2, followed: 1 } as const;
/** Nineteen clean sets of a method that no library has, on which nothing was seen. */
const library = (score: number): Calibration => ({
  format: "retort-calibration/1",
  kind: calibrationKind(drawings()),
  settings: calibrationSettings({ ...defaultAudit, ...small }),
  sets: Array.from({ length: 19 }, (_, i) => ({
    made: `crops ${i}`,
    method: "crops",
    scores: { standsOut: score, pasted: score },
  })),
});
beforeAll(() => {
  writeFileSync(join(folder, "set.safetensors"), setToSafetensors(drawings()));
  writeFileSync(join(folder, "own.json"), calibrationText(library(0)));
  writeFileSync(join(folder, "high.json"), calibrationText(library(99)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = "level: quick, width: 4, epochs: 2, grid: 2, followed: 1";
const text = (more: string) => `test: { data: strokes, images: 20 }
set: { file: set.safetensors }
network: { name: mlp, width: 4 }
strategy: { epochs: 1 }
audit: { ${settings}${more} }
`;
const planned = async (more = "") => planExperiment(readExperiment(text(more), join(folder, "e.yaml")));
const only = async (more?: string) => (await planned(more)).trials[0];

it("what a set is compared with is part of the trial: the content of libraries, not their names", async () => {
  const plain = await only();
  const own = await only(", calibration: [own.json]");
  const method = await only(", method: crops, calibration: [own.json]");
  expect(plain.config.audit).toEqual({ ...defaultAudit, ...small });
  expect(new Set([plain, own, method].map(({ id }) => id)).size).toBe(3);
  expect(new Set([plain, own, method].map(({ config }) => trialStages(config).cleanAudit)).size).toBe(1);
  renameSync(join(folder, "own.json"), join(folder, "mine.json"));
  const renamed = await only(", calibration: [mine.json]");
  renameSync(join(folder, "mine.json"), join(folder, "own.json"));
  expect(renamed.id).toBe(own.id);
  expect(trialStages(renamed.config)).toEqual(trialStages(own.config));
  expect((await only(", calibration: [high.json]")).id).not.toBe(own.id);
});

it("a method without clean sets and a library that is none are refused at their line", async () => {
  await expect(planned(", method: crop, calibration: [own.json]")).rejects.toThrow(
    /e\.yaml:5.*audit: unknown method: expected one .*\(crops\), got "crop"/,
  );
  await expect(planned(", calibration: [none.json]")).rejects.toThrow(/e\.yaml:5.*none\.json/);
  await expect(planned(", calibration: [set.safetensors]")).rejects.toThrow(/set\.safetensors/);
  await expect(planned(", calibration: []")).rejects.toThrow(/e\.yaml:5/);
});

it("a trial's p is against those sets alone, the networks are trained once for all, and a library that changed since is refused", {
  timeout: 300_000,
}, async () => {
  const run = async ({ config }: Awaited<ReturnType<typeof only>>) => {
    const { versions } = await planned();
    await using runner = new TrialRunner(new Inputs(folder), new StageStore(join(folder, "cache"), versions), {});
    return (await runner.run(config)).audits?.clean;
  };
  const low = await only(", method: crops, calibration: [own.json]");
  expect(await run(low)).toMatchObject({ p: 0.05, against: 19 });
  expect(await run(await only(", method: crops, calibration: [high.json]"))).toMatchObject({ p: 1, against: 19 });
  expect(await run(await only())).not.toHaveProperty("p");
  expect(readdirSync(join(folder, "cache/runs"))).toHaveLength(1);
  writeFileSync(join(folder, "own.json"), calibrationText(library(0.5)));
  await expect(run(low)).rejects.toThrow(/trial: invalid library own\.json: expected the content that was planned/);
});
