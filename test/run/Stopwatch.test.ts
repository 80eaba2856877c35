import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openRun, type Run } from "../../src/run/Run.ts";
import { Stopwatch, secondsOf } from "../../src/run/Stopwatch.ts";
import { versions } from "../../src/run/versions.ts";

let folder: string;
let run: Run;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-watch-"));
  run = await openRun(folder, { command: "test", config: {}, data: {}, versions: versions("cpu", 1) });
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

it("counts what every process saved, and not what was lost with one", async () => {
  expect(await secondsOf(run, "attack")).toBe(0);
  const first = await Stopwatch.start(run, "attack");
  vi.advanceTimersByTime(3000);
  await first.save();
  vi.advanceTimersByTime(4000); // killed before it saved again
  const second = await Stopwatch.start(run, "attack");
  vi.advanceTimersByTime(2000);
  await second.save();
  vi.advanceTimersByTime(500);
  await second.save();
  expect(await secondsOf(run, "attack")).toBeCloseTo(5.5, 6);
  expect(await secondsOf(run, "evaluation")).toBe(0);
});
