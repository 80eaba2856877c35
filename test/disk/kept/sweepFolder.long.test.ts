import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { readSweep } from "../../../src/cli/steps/readSweep.ts";
import { onDamage } from "../../../src/disk/kept/damage.ts";
import { collectSweep } from "../../../src/experiment/collect/collectSweep.ts";
import { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { openSweep, planExperiment, readManifest, type SweepManifest } from "../../../src/experiment/plan/manifest.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { outcomeOf, readOutcomes, writeOutcome } from "../../../src/experiment/sweep/outcomes.ts";
import { TrialRunner } from "../../../src/experiment/sweep/runTrial.ts";
import { StageStore } from "../../../src/experiment/sweep/StageStore.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import { drawings } from "../../experiment/drawings.ts";
import { type Fault, faults, inject } from "./faults.ts";

let folder: string;
let manifest: SweepManifest;
const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  onDamage((message) => said.push(message));
});

const text = `test: { data: strokes, images: 20 }
set: { file: set.safetensors }
attack: { method: cleanLabel, trigger: { side: 3 } }
network: { name: mlp, width: 4 }
strategy: { epochs: 1 }
matrix: { seed: [0, 1] }
`;

/** Run what has no outcome yet, in this process; give all outcomes, times apart. */
async function sweep(name: string) {
  const at = join(folder, name);
  await openSweep(at, manifest);
  await using runner = new TrialRunner(new Inputs(folder), new StageStore(join(at, "cache"), manifest.versions));
  const known = await readOutcomes(at, manifest.trials, "aside");
  for (const trial of manifest.trials)
    if (!known.has(trial.id))
      await writeOutcome(at, outcomeOf(trial, { status: "ok", ...(await runner.run(trial.config)) }));
  return timeless(await readOutcomes(at, manifest.trials));
}

const timeless = (outcomes: ReadonlyMap<string, object>) =>
  [...outcomes].map(([id, outcome]) => [id, JSON.parse(JSON.stringify({ ...outcome, seconds: 0 }))]);

let expected: Awaited<ReturnType<typeof sweep>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-faults-"));
  writeFileSync(join(folder, "set.safetensors"), setToSafetensors(drawings()));
  manifest = await planExperiment(readExperiment(text, join(folder, "e.yaml")));
  expected = await sweep("whole");
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Hit one of the files of a folder; `others` of the same folder take part in swaps. @returns its path. */
function hit(place: string, fault: Fault): string {
  const within = join(folder, "hit", place);
  const [first, second] = readdirSync(within).sort();
  inject(join(within, first), fault, join(within, second));
  return join(within, first);
}

/** Outcomes come from what lies in the cache. */
function forgetOutcomes(): void {
  rmSync(join(folder, "hit/trials"), { recursive: true });
}

beforeEach(() => {
  rmSync(join(folder, "hit"), { recursive: true, force: true });
  cpSync(join(folder, "whole"), join(folder, "hit"), { recursive: true });
});

it.each(["trials", "cache/evaluations", "cache/networks"].flatMap((place) => faults.map((f) => [place, f] as const)))(
  "%s, %s: said, set aside, made again with the same outcomes",
  { timeout: 60_000 },
  async (place, fault) => {
    const path = hit(place, fault);
    if (place !== "trials") forgetOutcomes();
    // Trained networks are asked for where their numbers are missing.
    if (place === "cache/networks") rmSync(join(folder, "hit/cache/evaluations"), { recursive: true });
    expect(await sweep("hit")).toEqual(expected);
    expect(said).toEqual([
      expect.stringMatching(
        /: damaged file: expected what was written, got .*; it was set aside as .* and is made again$/,
      ),
    ]);
    expect(said[0]).toContain(path);
    said.length = 0;
    expect(await sweep("hit")).toEqual(expected);
    expect(said).toEqual([]);
  },
);

it.each(
  ["config.json", "attack.safetensors", "tampered.safetensors"].flatMap((f) => faults.map((x) => [f, x] as const)),
)(
  "%s of a shared attack, %s: said, set aside, made again with the same outcomes",
  { timeout: 60_000 },
  async (file, fault) => {
    const [first, second] = readdirSync(join(folder, "hit/cache/runs")).map((key) =>
      join(folder, "hit/cache/runs", key),
    );
    // Stamps of two seeds may be the same bytes.
    inject(
      join(first, file),
      fault,
      file.startsWith("tampered") ? join(second, "clean.safetensors") : join(second, file),
    );
    forgetOutcomes();
    rmSync(join(folder, "hit/cache/evaluations"), { recursive: true });
    expect(await sweep("hit")).toEqual(expected);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(join(first, file));
  },
);

it.each(faults.filter((fault) => fault !== "swap"))(
  "the manifest, %s: said, set aside, written again",
  async (fault) => {
    const path = join(folder, "hit/manifest.json");
    inject(path, fault, path);
    await expect(readManifest(join(folder, "hit"))).rejects.toThrow(`${path}: damaged file`);
    expect(await sweep("hit")).toEqual(expected);
    expect(said).toEqual([expect.stringContaining(path)]);
    expect(readFileSync(path)).toEqual(readFileSync(join(folder, "whole/manifest.json")));
  },
);

it("the whole manifest or results of another sweep: refused by who looks, set aside and written again by who goes on", async () => {
  const [here, there] = [join(folder, "hit"), join(folder, "other")];
  const other = await planExperiment(readExperiment(text.replace("width: 4", "width: 5"), join(folder, "e.yaml")));
  await openSweep(there, other);
  const [mine, strange] = [here, there].map((at) => readFileSync(join(at, "manifest.json")));
  await collectSweep(here, new Date(0));
  await collectSweep(there, new Date(0));
  const results = readFileSync(join(here, "sweep.json"));
  writeFileSync(join(here, "sweep.json"), readFileSync(join(there, "sweep.json")));
  await expect(readSweep(here)).rejects.toThrow(/sweep\.json: damaged file: .* of another sweep; retort collect/);
  await collectSweep(here, new Date(0));
  expect(readFileSync(join(here, "sweep.json"))).toEqual(results);
  expect(await readSweep(here)).toMatchObject({ format: expect.any(String) });

  writeFileSync(join(here, "manifest.json"), strange);
  await expect(readManifest(here)).rejects.toThrow(/manifest\.json: damaged file: .* of another sweep; retort run/);
  await expect(collectSweep(here, new Date(0))).rejects.toThrow("of another sweep");
  expect(await sweep("hit")).toEqual(expected);
  expect(said).toEqual([expect.stringMatching(/of another sweep; it was set aside as manifest\.json\.damaged/)]);
  expect(readFileSync(join(here, "manifest.json"))).toEqual(mine);
  // Another choice of trials is no other sweep, and folders of older versions have no log.
  await openSweep(here, { ...manifest, trials: manifest.trials.slice(0, 1) });
  expect((await readManifest(here)).trials).toHaveLength(1);
  rmSync(join(here, "log.jsonl"));
  expect((await readManifest(here)).trials).toHaveLength(1);
});

it.each(faults)("who only looks at outcomes is told, and nothing is moved: %s", async (fault) => {
  const path = hit("trials", fault);
  const found = await readOutcomes(join(folder, "hit"), manifest.trials);
  expect(found.size).toBe(1);
  expect(said).toEqual([expect.stringMatching(/it is left out; retort run makes it again$/)]);
  expect(said[0]).toContain(path);
  expect(readdirSync(join(folder, "hit/trials"))).toHaveLength(2);
});

it("outcomes of a version without digests are taken", async () => {
  for (const name of readdirSync(join(folder, "hit/trials"))) {
    const path = join(folder, "hit/trials", name);
    const bare = readFileSync(path, "utf8").replace(/ "integrity":"\w+",/, "");
    writeFileSync(path, bare.replace("retort-trial/2", "retort-trial/1"));
  }
  expect((await sweep("hit")).map(([id]) => id)).toEqual(expected.map(([id]) => id));
  expect(said).toEqual([]);
});
