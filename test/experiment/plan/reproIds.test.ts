import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { hashJson } from "../../../src/core/hash.ts";
import { normalisationNamed } from "../../../src/data/normalise.ts";
import { expand } from "../../../src/experiment/plan/expand.ts";
import type { Inputs } from "../../../src/experiment/plan/Inputs.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";
import { resolveTrial } from "../../../src/experiment/plan/resolveTrial.ts";
import { trialId } from "../../../src/experiment/plan/TrialConfig.ts";

const repro = resolve(import.meta.dirname, "../../../repro");
const files = readdirSync(repro, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".yaml"))
  .sort();

/** Files that are not there: their names stand for what they hold. */
const inputs = {
  testDigest: async (ref: object) => hashJson(ref),
  setDigest: async (ref: object) => hashJson(ref),
  countsAlready: async ({ file }: { file: string }) => !file.endsWith(".png"),
  raw: async (data: string) => ({ normalisation: normalisationNamed("cifar-10", "test"), sha256: hashJson(data) }),
  trainDigest: async (data: string) => hashJson(data),
  sample: async () => ({ classes: 10, shape: [1, 3, 32, 32] }),
} as unknown as Inputs;

// Results are kept under these ids: a change here makes every cached result of a sweep worthless.
it.each(files)("the trials of %s keep their ids", async (file) => {
  const text = readFileSync(join(repro, file), "utf8");
  const sizes = [undefined, ...sizesOf(text)];
  const ids: Record<string, string> = {};
  for (const size of sizes) {
    const experiment = readExperiment(text, file, size);
    const trials: string[] = [];
    const all = expand(experiment);
    // Of thousands of trials every so-manieth says it as well.
    const stride = Math.ceil(all.length / 120);
    for (const combination of all.filter((_, i) => i % stride === 0))
      trials.push(trialId(await resolveTrial(experiment, combination, inputs)));
    ids[size ?? "as it stands"] = `${trials.length} of ${all.length} trials, ${hashJson(trials).slice(0, 16)}`;
  }
  expect(ids).toMatchSnapshot();
});

/** Names under `sizes:`, which stand two spaces in. */
function sizesOf(text: string): string[] {
  const [, below = ""] = text.split(/^sizes:\n/m);
  return [...below.matchAll(/^ {2}([\w-]+):/gm)].map(([, name]) => name);
}
