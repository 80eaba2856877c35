import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { planExperiment } from "../../../src/experiment/plan/manifest.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { runSweep, type SweepProgress } from "../../../src/experiment/sweep/runSweep.ts";
import { TrialRunner } from "../../../src/experiment/sweep/runTrial.ts";
import { StageStore } from "../../../src/experiment/sweep/StageStore.ts";
import { shareDone, type TrialWork } from "../../../src/experiment/sweep/TrialHooks.ts";
import { type DistillPace, distillPace } from "../../../src/run/distillPace.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-trial-work-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = `test: { data: strokes, images: 20 }
set: { distil: strokes, method: dm, ipc: 1, width: 4, batchReal: 8, iterations: 2 }
network: { name: mlp, width: 4 }
strategy: { epochs: 1 }
receivers: 2
attack: { method: poisonedDistillation, trajectory: 2, steps: 3, surrogate: { width: 4, hidden: 0, steps: 2 }, archetype: { steps: 2 } }
audit: { level: quick, width: 4, epochs: 2, grid: 2, followed: 1 }
`;
const planned = (of = text) => planExperiment(readExperiment(of, join(folder, "e.yaml")));

describe("a trial", { timeout: 300_000 }, () => {
  it("tells of every part, never goes back, and tells nothing of what is stored", async () => {
    const { trials, versions } = await planned();
    const store = new StageStore(join(folder, "cache"), versions);
    const told: TrialWork[] = [];
    await using runner = new TrialRunner(new Inputs(folder), store, { onWork: (work) => void told.push(work) });
    await runner.run(trials[0].config);
    expect([...new Set(told.map(({ part }) => part))]).toEqual(["distillation", "attack", "networks", "audit"]);
    const shares = told.map(shareDone);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    for (const { done, total } of told) expect(done).toBeLessThanOrEqual(total);
    expect(told.filter(({ part }) => part === "distillation").at(-1)).toMatchObject({ done: 2, total: 2, seconds: 0 });
    told.length = 0;
    await using again = new TrialRunner(new Inputs(folder), store, { onWork: (work) => void told.push(work) });
    await again.run(trials[0].config);
    expect(told).toEqual([]);
  });

  it("in a process of its own tells the sweep what it is at", async () => {
    const told: SweepProgress[] = [];
    const manifest = await planned(text.replace(/^(attack|audit):.*\n/gm, ""));
    await runSweep(manifest, { folder: join(folder, "sweep"), jobs: 1, onProgress: (one) => void told.push(one) });
    const running = told.flatMap((one) => one.running ?? []);
    expect(running[0]).toMatchObject({ part: "distillation", trial: { id: manifest.trials[0].id } });
    expect(told.at(-1)).toMatchObject({ done: 1, total: 1, failed: 0 });
    expect(told.at(-1)?.running).toBeUndefined();
  });
});

it("the clock of a distillation and its iterations tell alike", () => {
  const told: DistillPace[] = [];
  const { pace, onProgress } = distillPace((one) => void told.push(one));
  pace.begin(1, 3);
  pace.ahead("expert", 2);
  pace.done("expert");
  onProgress({ iteration: 2, total: 3, loss: 0.5 });
  expect(told.map(({ done, total, loss }) => [done, total, loss])).toEqual([
    [1, 3, undefined],
    [1, 3, undefined],
    [2, 3, 0.5],
  ]);
});
