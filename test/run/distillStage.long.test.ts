import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { onDamage } from "../../src/disk/kept/damage.ts";
import { setDigest } from "../../src/disk/setDigest.ts";
import { distributionMatching } from "../../src/distill/meanMatching/distributionMatching.ts";
import { runDistillStage } from "../../src/run/distillStage.ts";
import { openRun } from "../../src/run/Run.ts";
import { versions } from "../../src/run/versions.ts";
import { faults, inject } from "../disk/kept/faults.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-distil-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = distributionMatching.options.parse({ ipc: 1, iterations: 6, batchReal: 4, width: 4, depth: 2 });
const raw = strokes("train", 40);
const context = { normalisation: knownNormalisations.strokes, key: key("distil"), device: { name: "cpu", threads: 1 } };
const stage = async (name: string, more: object) => {
  const run = await openRun(join(folder, name), {
    command: "stage",
    config: {},
    data: {},
    versions: versions("cpu", 1),
  });
  return runDistillStage(run, distributionMatching, raw, options, context as never, { checkpointEvery: 0, ...more });
};

/** Digest of the set that the stage makes, whatever happens on the way. */
let expected: string;

it("a distillation that was killed without warning goes on from its last checkpoint, with the same bytes", async () => {
  const whole = await stage("whole", {});
  expected = setDigest(whole.set);
  const killed = stage("killed", {
    onProgress({ iteration }: { iteration: number }) {
      if (iteration === 4) throw new Error("killed");
    },
  });
  await expect(killed).rejects.toThrow("killed");
  const seen: number[] = [];
  const resumed = await stage("killed", { onProgress: (step: { iteration: number }) => seen.push(step.iteration) });
  expect(seen[0]).toBeGreaterThanOrEqual(3);
  expect(resumed.set.images).toEqual(whole.set.images);
  expect(resumed.losses).toEqual(whole.losses);
  expect(resumed.losses).toHaveLength(6);
  // Finished once, it is read back.
  const again = await stage("killed", { onProgress: () => expect.unreachable() });
  expect(again.set.images).toEqual(whole.set.images);
});

it.each(faults)(
  "a checkpoint of a distillation, %s: said, and the set is the same",
  { timeout: 60_000 },
  async (fault) => {
    const said: string[] = [];
    onDamage((message) => said.push(message));
    for (const name of ["hit", "other"])
      await expect(
        stage(name, {
          onProgress({ iteration }: { iteration: number }) {
            if (iteration === 4) throw new Error("killed");
          },
        }),
      ).rejects.toThrow("killed");
    const path = (name: string) => join(folder, name, "checkpoints/distill.safetensors");
    inject(path("hit"), fault, join(folder, "other/config.json"));
    const { set } = await stage("hit", {});
    expect(setDigest(set)).toBe(expected);
    expect(said).toEqual([expect.stringContaining(`${path("hit")}: damaged file`)]);
  },
);
