import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SearchRecord } from "../../src/experiment/search/searchRecord.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { quickRidge, tinySet } from "../attack/tiny.ts";
import { ended, SweepFolder } from "./sweepFolder.ts";

let folder: SweepFolder;
const words = [
  ...["search", "tiny.safetensors", "--space", "space.json", "--threads", "1"],
  ...["--architectures", "mlp", "--width", "8", "--networks", "2", "--epochs", "5", "--images", "20"],
];
const space = {
  fixed: { ...quickRidge, steps: 9, trigger: { side: 3 } },
  vary: { alpha: [0.1, 0.5], lr: [0.01, 0.1], "carrier.sources": [["leaves"], ["leaves", "set"]] },
  sample: 4,
};

beforeAll(() => {
  folder = new SweepFolder({ "space.json": JSON.stringify(space) });
  writeFileSync(folder.at("tiny.safetensors"), setToSafetensors(tinySet()));
  expect(folder.retort(...words, "--out", "whole")).toMatchObject({ stderr: "", status: 0 });
}, 300_000);
afterAll(() => rmSync(folder.path, { recursive: true, force: true }));

const recordOf = (name: string) => JSON.parse(readFileSync(folder.at(`${name}/search.json`), "utf8")) as SearchRecord;
/** Two runs of one thing take different times. */
const timeless = ({ integrity: _, ...record }: SearchRecord & { integrity?: string }) => ({
  ...record,
  trials: record.trials.map(({ seconds: _, ...trial }) => trial),
});

describe("retort search", { timeout: 600_000 }, () => {
  it("gives fewer candidates more updates and keeps the best of the last rung", () => {
    const { trials, candidates, combinations, best } = recordOf("whole");
    expect({ candidates, combinations }).toEqual({ candidates: 4, combinations: 8 });
    expect(trials.map(({ rung, steps }) => [rung, steps])).toEqual([[2, 9], [1, 3], ...Array(4).fill([0, 1])]);
    const first = trials.filter(({ rung }) => rung === 0).map(({ value }) => value as number);
    expect(first).toEqual([...first].sort((a, b) => b - a));
    expect(new Set(trials.slice(0, 3).map(({ candidate }) => candidate))).toEqual(new Set([best.candidate]));
    expect(best.options).toMatchObject({ steps: 9, targetClass: 0, surrogate: { width: 8, networks: ["convNet"] } });
  });

  it("the winner's options and seed give the set that was judged", () => {
    const { trials } = recordOf("whole");
    const attack = ["attack", "ridge-head", "tiny.safetensors", "--options", "whole/options.json", "--threads", "1"];
    expect(folder.retort(...attack, "--out", "again").stderr).toBe("");
    const tampered = (path: string) => readFileSync(folder.at(`${path}/tampered.safetensors`));
    expect(tampered("again").equals(tampered(`whole/runs/${trials[0].id}`))).toBe(true);
    // A flag overrides the file, and a file is checked.
    expect(folder.retort(...attack, "--steps", "2", "--out", "shorter").status).toBe(0);
    expect(JSON.parse(readFileSync(folder.at("shorter/config.json"), "utf8")).config.attack).toMatchObject({
      steps: 2,
      trigger: { side: 3 },
      carrier: { batch: 4 },
    });
    writeFileSync(folder.at("wrong.yaml"), "pool:\n  sise: 3\n");
    expect(folder.retort("attack", "ridge-head", "tiny.safetensors", "--options", "wrong.yaml")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("wrong.yaml:2:3: unknown member pool.sise"),
    });
  });

  it("goes on with the same result after it was killed, and runs no trial twice", async () => {
    const finished = () => {
      const names = trialsIn("killed");
      return Object.fromEntries(names.map((name) => [name, statSync(folder.at(`killed/trials/${name}`)).mtimeMs]));
    };
    for (const trials of [0, 2]) {
      const search = folder.start([...words, "--out", "killed"]);
      const end = ended(search);
      while (search.exitCode === null && trialsIn("killed").length <= trials) await setTimeout(20);
      search.kill("SIGKILL");
      await end;
    }
    const before = finished();
    expect(Object.keys(before).length).toBeGreaterThan(2);
    expect(folder.retort(...words, "--out", "killed")).toMatchObject({ stderr: "", status: 0 });
    expect(finished()).toMatchObject(before);
    expect(timeless(recordOf("killed"))).toEqual(timeless(recordOf("whole")));
  });

  it("refuses what it cannot search", () => {
    const refused = (...more: string[]) => folder.retort("search", "tiny.safetensors", ...more, "--out", "no");
    expect(refused("--attack", "poisoned-distillation").stderr).toContain("missing --space");
    expect(refused("--attack", "bad-nets").stderr).toContain("invalid --attack");
    expect(refused("--budget", "1", "--candidates", "2").stderr).toContain("invalid --budget");
  });
});

/** Trials that are finished. */
function trialsIn(name: string): string[] {
  try {
    return readdirSync(folder.at(`${name}/trials`)).filter((file) => /^[0-9a-f]{16}\.json$/.test(file));
  } catch {
    return [];
  }
}
