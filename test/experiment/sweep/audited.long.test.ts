import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { onDamage } from "../../../src/disk/kept/damage.ts";
import { sweepRecordOf } from "../../../src/experiment/collect/sweepRecordOf.ts";
import { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { openSweep, planExperiment, type SweepManifest } from "../../../src/experiment/plan/manifest.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { outcomeOf, readOutcomes, writeOutcome } from "../../../src/experiment/sweep/outcomes.ts";
import { TrialRunner } from "../../../src/experiment/sweep/runTrial.ts";
import { StageStore } from "../../../src/experiment/sweep/StageStore.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import { faults, inject } from "../../disk/kept/faults.ts";
import { drawings } from "../drawings.ts";

let folder: string;
let manifest: SweepManifest;
const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  onDamage((message) => said.push(message));
});

const text = (audit: string) => `test: { data: strokes, images: 20 }
set: { file: set.safetensors }
network: { name: mlp, width: 4 }
strategy: { epochs: 1 }
audit: ${audit}
matrix:
  attack: { stamp: { method: cleanLabel, trigger: { side: 3 } }, copies: { method: badNets } }
`;
const planned = async (audit: string) => planExperiment(readExperiment(text(audit), join(folder, "e.yaml")));

/** Run what has no outcome yet, in this process; give all outcomes, times apart. @param signal stops it */
async function sweep(name: string, signal?: AbortSignal) {
  const at = join(folder, name);
  await openSweep(at, manifest);
  const store = new StageStore(join(at, "cache"), manifest.versions, signal);
  await using runner = new TrialRunner(new Inputs(folder), store, { signal });
  const known = await readOutcomes(at, manifest.trials, "aside");
  for (const trial of manifest.trials)
    if (!known.has(trial.id))
      await writeOutcome(at, outcomeOf(trial, { status: "ok", ...(await runner.run(trial.config)) }));
  const outcomes = await readOutcomes(at, manifest.trials);
  const { trials } = sweepRecordOf(manifest, outcomes);
  return JSON.parse(JSON.stringify(trials, (name, value) => (name === "seconds" ? 0 : value)));
}

/** Run folders of audits in the cache: those that hold networks of one. */
const audits = (name: string) => {
  const runs = join(folder, name, "cache/runs");
  const files = (id: string) => readdirSync(join(runs, id), { recursive: true, encoding: "utf8" });
  return readdirSync(runs)
    .filter((id) => files(id).some((file) => file.includes("audit-")))
    .map((id) => join(runs, id));
};

let expected: Awaited<ReturnType<typeof sweep>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-audited-"));
  writeFileSync(join(folder, "set.safetensors"), setToSafetensors(drawings()));
  manifest = await planned("{ level: quick, width: 4, epochs: 2, grid: 2, followed: 1 }");
  expected = await sweep("whole");
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("audits the clean set once and each attacked one, and says so in the record", () => {
  expect(audits("whole")).toHaveLength(3);
  const [stamp, copies] = expected;
  expect(stamp.audits.clean).toEqual(copies.audits.clean);
  for (const { audits } of [stamp, copies]) {
    expect(audits.clean).not.toHaveProperty("truth");
    expect(audits.tampered.truth).toHaveProperty("recall");
    expect(Object.keys(audits.tampered.scores)).toContain("transplant");
  }
});

it("stopped in the midst of an audit it goes on to the same outcomes", { timeout: 120_000 }, async () => {
  for (let calls = 0; ; calls++) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new Error("stopped")), 150 + 150 * calls);
    const done = await sweep("stopped", stop.signal).catch((error: Error) => {
      if (error.message !== "stopped") throw error;
      return undefined;
    });
    clearTimeout(timer);
    if (done === undefined) continue;
    expect(calls).toBeGreaterThan(0);
    expect(done).toEqual(expected);
    break;
  }
});

it.each(faults)("a damaged result of an audit, %s: said, set aside, made again", { timeout: 60_000 }, async (fault) => {
  rmSync(join(folder, "hit"), { recursive: true, force: true });
  cpSync(join(folder, "whole"), join(folder, "hit"), { recursive: true });
  rmSync(join(folder, "hit/trials"), { recursive: true });
  const [first, second] = audits("hit");
  const resultIn = (run: string) => join(run, readdirSync(run).find((file) => file.endsWith(".audit.json")) ?? "none");
  inject(resultIn(first), fault, resultIn(second));
  const damaged = resultIn(first);
  expect(await sweep("hit")).toEqual(expected);
  expect(said).toEqual([expect.stringContaining(`${damaged}: damaged file: `)]);
});

it("refuses at its line what an audit does not have or would not read", async () => {
  await expect(planned("{ level: deepest }")).rejects.toThrow(/e\.yaml:5.*level/);
  await expect(planned("{ detectors: [gamutt] }")).rejects.toThrow(/e\.yaml:5.*audit: unknown detector.*gamut/);
  await expect(planned("{ network: convNot }")).rejects.toThrow(/e\.yaml:5.*audit: unknown network/);
  await expect(planned("{ level: quick, detectors: [transplant] }")).rejects.toThrow(
    /audit: invalid level.*do nothing/,
  );
  await expect(planned("{ detectors: [gamut], epochs: 3 }")).rejects.toThrow(/audit: invalid epochs.*do nothing/);
});
