import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { locked } from "../../../src/experiment/sweep/stageLock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = async () => undefined;

it("one computes, the others wait and find the result", async () => {
  let [computed, value]: [number, string | undefined] = [0, undefined];
  const work = async () => {
    computed++;
    await setTimeout(200);
    value = "made";
    return value;
  };
  const one = () => locked(join(folder, "stage"), async () => value, work);
  expect(await Promise.all([one(), one(), one()])).toEqual(["made", "made", "made"]);
  expect(computed).toBe(1);
});

it("work that fails frees the lock", async () => {
  const path = join(folder, "stage");
  const failing = async () => {
    throw new Error("no");
  };
  await expect(locked(path, never, failing)).rejects.toThrow("no");
  expect(await locked(path, never, async () => 1)).toBe(1);
});

it("a lock whose process is gone is taken over at once, one of a living process is not", async () => {
  const path = join(folder, "stage");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await writeFile(path, JSON.stringify({ host: hostname(), pid }));
  expect(await locked(path, never, async () => "taken")).toBe("taken");
  const living = join(folder, "living");
  await writeFile(living, JSON.stringify({ host: hostname(), pid: process.pid }));
  const stop = new AbortController();
  const waiting = locked(living, never, async () => "taken", stop.signal);
  await setTimeout(300);
  stop.abort();
  await expect(waiting).rejects.toThrow("abort");
});

it("an owner shows that it lives while it works", { timeout: 20_000 }, async () => {
  const path = join(folder, "stage");
  const seen = new Set<number>();
  await locked(path, never, async () => {
    for (let i = 0; i < 25; i++) {
      seen.add((await stat(path)).mtimeMs);
      await setTimeout(200);
    }
  });
  // As it was taken, and two beats in five seconds.
  expect(seen.size).toBeGreaterThanOrEqual(3);
});

it("a lock of another machine is taken over after it was silent, not while it beats", { timeout: 60_000 }, async () => {
  // A clock that runs three times as fast: beats for twenty of its seconds, then fifteen of silence.
  const real = performance.now.bind(performance);
  const clock = vi.spyOn(performance, "now").mockImplementation(() => 3 * real());
  const path = join(folder, "stage");
  await writeFile(path, JSON.stringify({ host: "elsewhere", pid: 1 }));
  const beats = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), 300);
  const start = performance.now();
  const taken = locked(path, never, async () => "taken");
  await setTimeout(20_000 / 3);
  clearInterval(beats);
  expect(await taken).toBe("taken");
  expect(performance.now() - start).toBeGreaterThan(34_000);
  clock.mockRestore();
});
