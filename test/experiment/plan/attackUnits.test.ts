import { expect, it } from "vitest";
import { hashJson } from "../../../src/core/hash.ts";
import { normalisationNamed } from "../../../src/data/normalise.ts";
import { expand } from "../../../src/experiment/plan/expand.ts";
import type { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { resolveTrial } from "../../../src/experiment/plan/resolveTrial.ts";

const inputs = {
  testDigest: async (ref: object) => hashJson(ref),
  setDigest: async (ref: object) => hashJson(ref),
  countsAlready: async ({ file }: { file: string }) => file === "normalised.pt",
  raw: async (data: string, normalisation = "strokes") => ({
    normalisation: normalisationNamed(normalisation, "test"),
    sha256: hashJson(data),
  }),
} as unknown as Inputs;

const trialOf = async (set: string, attack = "attack: { method: cleanLabel }") => {
  const text = `test: { data: strokes }\nset: ${set}\n${attack}\nmatrix:\n  seed: [0]\n`;
  const experiment = readExperiment(text, "one.yaml");
  return resolveTrial(experiment, expand(experiment)[0], inputs);
};

// A trial that counted in the set's own pixels must not pass for one that counts in their deviations.
it("trials say so that attack a set in another space than its own", async () => {
  expect((await trialOf("{ file: normalised.pt }")).attack).not.toHaveProperty("units");
  expect((await trialOf("{ file: picture.png }")).attack).toHaveProperty("units", "deviations");
  expect((await trialOf("{ distil: strokes, method: random }")).attack).not.toHaveProperty("units");
  expect((await trialOf("{ distil: strokes, method: random, normalisation: unit }")).attack).toHaveProperty("units");
  expect(await trialOf("{ file: picture.png }", "")).not.toHaveProperty("attack");
});
