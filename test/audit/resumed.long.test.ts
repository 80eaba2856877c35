import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { onDamage } from "../../src/disk/kept/damage.ts";
import { audit } from "../../src/index.ts";
import { openRun } from "../../src/run/Run.ts";
import { runKeep } from "../../src/run/runKeep.ts";
import { versions } from "../../src/run/versions.ts";
import { cpu, tinySet } from "../attack/tiny.ts";
import { faults, inject } from "../disk/kept/faults.ts";

const settings = { level: "deep", width: 4, epochs: 2, grid: 2, followed: 2, side: 3 } as const;
const set = tinySet(9);

let folder: string;
const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  onDamage((message) => said.push(message));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One call in a folder. @param stopAt the report at which it is stopped, as by Ctrl-C */
async function work(name: string, { seed = 0, power = true, stopAt = Number.POSITIVE_INFINITY } = {}) {
  const description = { command: "audit", config: { seed }, data: {}, versions: versions("cpu", 1) };
  const keep = runKeep(await openRun(join(folder, name), description));
  const saved: string[] = [];
  const stop = new AbortController();
  let reports = 0;
  const said = await audit(set, settings, {
    ...{ seed, power, device: cpu, signal: stop.signal },
    keep: {
      load: keep.load,
      save: async (one, content) => {
        saved.push(one);
        await keep.save(one, content);
      },
    },
    onProgress: () => {
      if (++reports === stopAt) stop.abort(new Error("stopped"));
    },
  }).catch((error: Error) => {
    if (error.message !== "stopped") throw error;
    return undefined;
  });
  return { said, saved, reports };
}

const kept = (name: string) => readdirSync(join(folder, name, "checkpoints")).sort();
const content = (name: string) =>
  kept(name).map((one) => readFileSync(join(folder, name, "checkpoints", one), "latin1"));

let expected: Awaited<ReturnType<typeof work>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-audit-"));
  expected = await work("whole");
}, 600_000);

it("keeps nothing of what it says: with nothing kept it says the same", { timeout: 600_000 }, async () => {
  expect(await audit(set, settings, { power: true, device: cpu })).toEqual(expected.said);
});

it("stopped at every report it loses nothing, and ends with the same bytes", { timeout: 600_000 }, async () => {
  const saved: string[] = [];
  for (let stopAt = 2; ; stopAt++) {
    const one = await work("stopped", { stopAt });
    saved.push(...one.saved);
    if (!one.said) continue;
    expect(one.said).toEqual(expected.said);
    expect(stopAt).toBe(expected.reports + 1);
    break;
  }
  // Every part was made once, in the same order, three audits of it: the set's own and two of planted stamps.
  expect(saved).toEqual(expected.saved);
  expect(new Set(saved.map((name) => name.split("-")[1])).size).toBe(3);
  expect(kept("stopped")).toEqual(kept("whole"));
  expect(content("stopped")).toEqual(content("whole"));
});

it("stopped within a network or a detector it asks that one again, and ends with the same bytes", {
  timeout: 600_000,
}, async () => {
  for (const midst of ["network-1", "finding-inversion", "support-0", "finding-halfSetInfluence"]) {
    const stop = new AbortController();
    const description = { command: "audit", config: { seed: 0 }, data: {}, versions: versions("cpu", 1) };
    const keep = runKeep(await openRun(join(folder, "midst"), description));
    let asked = false;
    const saved: string[] = [];
    const first = audit(set, settings, {
      ...{ seed: 0, device: cpu, signal: stop.signal },
      keep: {
        load: async (name) => {
          const known = await keep.load(name);
          // A part is looked for before it is made: what comes next is inside of it.
          if (name.endsWith(midst) && !known) {
            asked = true;
            stop.abort(new Error("stopped"));
          }
          return known;
        },
        save: async (name, content) => {
          saved.push(name);
          await keep.save(name, content);
        },
      },
    });
    await expect(first).rejects.toThrow("stopped");
    expect(asked).toBe(true);
    expect(saved.filter((name) => name.endsWith(midst))).toEqual([]);
  }
  expect((await work("midst")).said).toEqual(expected.said);
  expect(content("midst")).toEqual(content("whole"));
});

/** A part of each kind: networks, what they learnt, findings, support; and another one to swap it with. */
const parts = [
  ["network-0", "network-1"],
  ["learnt", "finding-gamut"],
  ["finding-inversion", "finding-transplant"],
  ["support-0", "support-1"],
] as const;

it.each(parts.flatMap(([part, other]) => faults.map((fault) => [part, fault, other] as const)))(
  "checkpoints/audit-…-%s, %s: said, set aside, made again with the same bytes",
  { timeout: 120_000 },
  async (part, fault, other) => {
    rmSync(join(folder, "hit"), { recursive: true, force: true });
    cpSync(join(folder, "whole"), join(folder, "hit"), { recursive: true });
    const name = `${expected.saved[0].replace(/network-0$/, "")}${part}.safetensors`;
    const path = join(folder, "hit", "checkpoints", name);
    inject(path, fault, path.replace(part, other));
    const { said: again, saved } = await work("hit");
    expect(again).toEqual(expected.said);
    expect(saved).toEqual([name.replace(".safetensors", "")]);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`${path}: damaged file: expected what was written, got `);
    rmSync(`${path}.damaged`);
    expect(content("hit")).toEqual(content("whole"));
  },
);
