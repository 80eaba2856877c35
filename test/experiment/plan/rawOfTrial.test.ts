import { expect, it } from "vitest";
import { strokes } from "../../../src/data/generators/strokes.ts";
import { setDigest } from "../../../src/disk/setDigest.ts";
import type { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { rawOfTrial } from "../../../src/experiment/plan/rawOfTrial.ts";
import { distil } from "../../../src/library/distil.ts";
import { cpu } from "../../attack/tiny.ts";

const raw = strokes("train", 60);
const options = { ipc: 1, width: 4, iterations: 2, batchReal: 4 };
const inputs = { train: async () => raw } as unknown as Inputs;
const recipe = async () => {
  const clean = await distil(raw, "distributionMatching", options, { seed: 3, device: cpu });
  const { normalisation } = clean;
  const sha256 = setDigest(raw);
  return { clean, set: { distil: "strokes", method: "distributionMatching", normalisation, options, seed: 3, sha256 } };
};

it("an attack that distils gets the raw images that the sweep distils the set from", async () => {
  const { clean, set } = await recipe();
  const access = await rawOfTrial({ set, attack: { method: "naive", options: {} } }, clean, inputs, cpu, "e.yaml");
  let images: Float32Array | undefined;
  for await (const step of access!.distil(raw)) images = step.set().images;
  expect(images).toEqual(clean.images);
});

it("no other attack gets any, and a set in a file has none", async () => {
  const { clean, set } = await recipe();
  const of = (method: string, on: Parameters<typeof rawOfTrial>[0]["set"]) =>
    rawOfTrial({ set: on, attack: { method, options: {} } }, clean, inputs, cpu, "e.yaml:3:1: attack");
  const file = { file: "a.pt", sha256: "00" };
  expect(await of("cleanLabel", set)).toBeUndefined();
  expect(await of("cleanLabel", file)).toBeUndefined();
  await expect(of("doorping", file)).rejects.toThrow(
    /^e\.yaml:3:1: attack: invalid method: .* got doorping on the file a\.pt$/,
  );
});
