import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DistilledSet } from "../../../src/data/DistilledSet.ts";
import { strokesDigests } from "../../../src/disk/rawData.ts";
import { planExperiment } from "../../../src/experiment/plan/manifest.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { trialStages } from "../../../src/experiment/plan/trialStages.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import { drawings } from "../drawings.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-strategy-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rded = { method: "realisticDiverse", options: { width: 4, teacherEpochs: 2, teacherSeed: 3 } };
const file = (metadata: DistilledSet["metadata"]) =>
  writeFile(join(folder, "set.safetensors"), setToSafetensors(drawings({ metadata })));

/** The trials of a set with a strategy. */
async function trials(set: string, strategy: string, more = "") {
  const text = `test: { data: strokes, images: 20 }\nnetwork: { name: mlp }\nset: ${set}\nstrategy: ${strategy}\n${more}`;
  const { trials } = await planExperiment(readExperiment(text, join(folder, "e.yaml")));
  return trials;
}
const planned = async (set: string, strategy: string) => (await trials(set, strategy))[0].config;
const made = "{ distil: strokes, method: rded, ipc: 1, width: 4, teacherEpochs: 2 }";

it("a raw dataset over a file, and no method, is refused", async () => {
  await file({});
  const matrix = "matrix: { set.distil: [strokes] }\n";
  await expect(trials("{ file: set.safetensors }", "{}", matrix)).rejects.toThrow(
    /missing method: expected one of .*dm/,
  );
});

describe("a named protocol of an experiment", () => {
  it("stands beneath what is written, for the set of the trial", async () => {
    const { strategy } = await planned(
      "{ distil: strokes, method: frepo, ipc: 10 }",
      "{ protocol: frepo, epochs: 200 }",
    );
    expect(strategy).toMatchObject({ loss: "squared", optimiser: "adam", lr: 3e-4, epochs: 200, warmup: 50 });
    const { strategy: idc } = await planned(
      "{ distil: strokes, method: dsa, ipc: 1, factor: 2 }",
      "{ protocol: idc, batch: 8 }",
    );
    expect(idc).toMatchObject({ epochs: 1000, batch: 8, mixing: "cutmix", mixingChance: 0.5 });
  });

  it("counts the images that networks see, where one holds several", async () => {
    const { strategy } = await planned("{ distil: strokes, method: dsa, ipc: 10, factor: 2 }", "{ protocol: frepo }");
    expect([strategy.epochs, strategy.warmup]).toEqual([5000, 500]);
  });

  it("may be an axis", async () => {
    const all = await trials(made, "{ epochs: 3 }", "matrix: { strategy.protocol: [dc, rded] }\n");
    expect(all.map(({ config: { strategy, teacher } }) => [strategy.optimiser, teacher?.recipe.epochs])).toEqual([
      ["momentum", undefined],
      ["adamw", 2],
    ]);
  });

  it("that is none is named with its place", async () => {
    await expect(trials(made, "{ protocol: rdad }")).rejects.toThrow(/e\.yaml:4:\d+: .*protocol.*rded/);
  });
});

describe("a teacher of raw images", () => {
  it("is the one that makes the set, and learns what it is made of", async () => {
    const { teacher } = await planned(made, "{ protocol: rded }");
    expect(teacher).toMatchObject({ recipe: { epochs: 2, width: 4 }, data: "strokes", sha256: strokesDigests.train });
  });

  it("is the one that a file names, of the data that networks are measured on or other ones", async () => {
    await file(rded);
    const { teacher } = await planned("{ file: set.safetensors }", "{ protocol: rded }");
    expect(teacher).toMatchObject({ recipe: { epochs: 2, seed: 3 }, data: "strokes", sha256: strokesDigests.train });
    const { teacher: same } = await planned("{ file: set.safetensors }", "{ protocol: rded, teacherData: strokes }");
    expect(same).toEqual(teacher);
  });

  it("tells a trial and its stages from others", async () => {
    await file({});
    const asked = (epochs: number) =>
      trials("{ file: set.safetensors }", `{ protocol: rded, teacherEpochs: ${epochs} }`);
    const [[one], [other], [again]] = [await asked(1), await asked(2), await asked(1)];
    expect(other.id).not.toBe(one.id);
    expect(again.id).toBe(one.id);
    const stages = [one, other].map(({ config }) => trialStages(config));
    expect(stages[1].teacher).not.toBe(stages[0].teacher);
    expect(stages[1].clean).not.toBe(stages[0].clean);
  });

  it("that a file does not name, or that learnt other images, is refused", async () => {
    await file({});
    await expect(trials("{ file: set.safetensors }", "{ protocol: sre2l }")).rejects.toThrow(
      "e.yaml:4:1: strategy: missing teacher: expected a set of rded or sre2l",
    );
    await file({ ...rded, source: { digest: "0".repeat(64) } });
    await expect(trials("{ file: set.safetensors }", "{ protocol: rded }")).rejects.toThrow(
      "strategy: invalid teacherData: expected the raw images that the set was distilled from (sha256 000000000000…), got strokes",
    );
    await expect(trials("{ file: set.safetensors }", "{ teacherData: strokes }")).rejects.toThrow(
      "strategy: invalid teacherData: expected it only with teacherFrom raw, got strokes; it would do nothing",
    );
  });
});

describe("the rate that a set is learnt with", () => {
  it("is known once the sweep has distilled it, or stands in the file", async () => {
    const mtt = await planned("{ distil: strokes, method: mtt, ipc: 1 }", "{ protocol: mtt }");
    expect(mtt).toMatchObject({ learntRate: true, strategy: { augmentation: "dsa" } });
    const said = await planned("{ distil: strokes, method: mtt, ipc: 1 }", "{ protocol: mtt, lr: 0.5 }");
    expect([said.learntRate, said.strategy.lr]).toEqual([undefined, 0.5]);
    await file({ lr: 0.02 });
    const { strategy, learntRate } = await planned("{ file: set.safetensors }", "{ protocol: mtt }");
    expect([learntRate, strategy.lr]).toEqual([undefined, 0.02]);
  });

  it("is missing where the method learns none", async () => {
    await expect(trials("{ distil: strokes, method: dm, ipc: 1 }", "{ protocol: mtt }")).rejects.toThrow(
      "strategy: missing learning rate: expected one that the set was learnt with",
    );
  });
});
