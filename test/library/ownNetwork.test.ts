import { describe, expect, it } from "vitest";
import { attack } from "../../src/library/attack.ts";
import { audit } from "../../src/library/audit.ts";
import { distil } from "../../src/library/distil.ts";
import { defineNetwork, type NetworkFactory } from "../../src/library/evaluate.ts";
import { register } from "../../src/library/register.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { smallStrokes } from "../smallStrokes.ts";

/** How often a network of one's own was made, so that a test tells whether it was asked for at all. */
let made = 0;
const counted = (factory: NetworkFactory): NetworkFactory =>
  defineNetwork((shape, options) => {
    made++;
    return { ...factory(shape, options), name: "mine" };
  });

// After the attacks and methods were loaded, as in a program that imports all at its top.
register({
  networks: {
    ownPerceptron: counted(mlp),
    ownConvolution: counted((shape, { width }) => convNet(shape, { width, depth: 2 })),
    ownBatchNorm: counted((shape, { width }) => convNet(shape, { width, depth: 2, norm: "batch" })),
  },
});

const raw = smallStrokes("train", 60);
const normalisation = "strokes";
const narrow = { ipc: 1, width: 4 } as const;
const experts = { experts: 1, expertEpochs: 1, expertBatch: 20, maxStart: 1, studentSteps: 2, iterations: 1 } as const;

/** What came of a call, and whether it made the network. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  made = 0;
  const result = await call();
  expect(made).toBeGreaterThan(0);
  return result;
}

describe("a network of one's own, registered", () => {
  it.each([
    ["distributionMatching", { iterations: 1, batchReal: 4 }, "ownPerceptron"],
    ["attentionMatching", { iterations: 1, batchReal: 4 }, "ownConvolution"],
    ["datasetCondensation", { iterations: 1, outer: 2, inner: 1, batchReal: 4 }, "ownPerceptron"],
    ["siameseCondensation", { iterations: 1, outer: 1, inner: 1, batchReal: 4 }, "own-convolution"],
    ["neuralFeatureRegression", { iterations: 1, batchReal: 4, poolSize: 1 }, "ownPerceptron"],
    ["matchingTrajectories", experts, "ownPerceptron"],
    ["alignedTrajectories", { ...experts, startFrom: 1, growth: 1, threshold: 1e6 }, "ownPerceptron"],
    ["realisticDiverse", { candidates: 2, crops: 2, teacherEpochs: 1, teacherBatch: 8 }, "ownBatchNorm"],
    ["squeezeRecoverRelabel", { iterations: 1, teacherEpochs: 1, teacherBatch: 20 }, "ownBatchNorm"],
  ] as const)("is what %s asks", async (method, settings, network) => {
    const distilled = (more: object) =>
      distil(raw, method, { ...narrow, ...settings, ...more } as never, { normalisation });
    const set = await asked(() => distilled({ network }));
    expect(set.metadata).toMatchObject({ options: { network } });
    const other = await distilled(method === "realisticDiverse" ? { norm: "none", depth: 1 } : { depth: 1 });
    expect(set.images).not.toEqual(other.images);
  });

  it("is refused where it cannot serve, before any work", async () => {
    const dm = (more: object) =>
      distil(raw, "distributionMatching", { ...narrow, ...more } as never, { normalisation });
    await expect(dm({ network: "ownBatchNorm" })).rejects.toThrow(
      "distributionMatching: invalid network: expected one without batch norm",
    );
    await expect(dm({ network: "nobody" })).rejects.toThrow("distributionMatching: unknown network: expected one of");
    await expect(dm({ network: "ownPerceptron", depth: 2 })).rejects.toThrow(
      "invalid depth: expected it only with the ConvNet, got 2; it would do nothing",
    );
    await expect(
      distil(raw, "squeezeRecoverRelabel", { ...narrow, network: "ownPerceptron" }, { normalisation }),
    ).rejects.toThrow("squeezeRecoverRelabel: invalid network: expected one with batch norms that it shows, got mine");
  });

  it("is the surrogate of attacks, the judge of an audit", async () => {
    const set = await distil(smallStrokes("train", 60), "randomReal", { ipc: 2 }, { normalisation });
    const networks = ["ownPerceptron"] as never;
    const poisoned = { trajectory: 1, steps: 1, surrogate: { networks, width: 4, steps: 1 }, archetype: { steps: 1 } };
    await asked(() => attack(set, "poisonedDistillation", poisoned));
    const small = {
      carrier: { count: 4, batch: 4 },
      teacher: { count: 1, passes: 1 },
      surrogate: { networks, width: 4 },
    };
    await asked(() => attack(set, "ridgeHead", { ...small, steps: 1, pool: { size: 1, maxPasses: 2, passes: 1 } }));
    await asked(() =>
      attack(set, "trajectoryMatching", { ...small, unroll: 1, steps: 1, pool: { size: 1, maxPasses: 2 } }),
    );
    await expect(attack(set, "ridgeHead", { surrogate: { networks: ["nobody"] as never } })).rejects.toThrow(
      "ridgeHead: invalid surrogate.networks.0: expected one of",
    );
    const { result } = await asked(() =>
      audit(set, { level: "quick", network: "ownPerceptron", width: 4, epochs: 1, grid: 2, followed: 1, side: 3 }),
    );
    expect(result.imagesPerClass).toBe(2);
  });
});
