import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Attack } from "../../src/attack/Attack.ts";
import * as attacks from "../../src/attack/attacks.ts";
import { drive } from "../../src/core/drive.ts";
import { NumericError } from "../../src/core/errors.ts";
import { child, key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { normalisedBatch } from "../../src/data/normalisedBatch.ts";
import type { Distillation } from "../../src/distill/Distillation.ts";
import * as methods from "../../src/distill/methods.ts";
import { openSessions } from "../../src/engine/session.ts";
import { prepareJudge } from "../../src/experiment/search/judge.ts";
import { scoreOptions } from "../../src/experiment/search/score.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { cpu, quickAttacks, tinyRaw, tinySet } from "../attack/tiny.ts";
import { smallStrokes } from "../smallStrokes.ts";

// Graphs that stay loaded after a stop or an error are memory that nothing frees.
afterEach(() => expect(openSessions()).toBe(0));

const narrow = { ipc: 1, iterations: 2, width: 4, depth: 2 };
const experts = { experts: 1, expertEpochs: 1, expertBatch: 20, maxStart: 1, studentSteps: 2 };
const quickMethods: Record<string, object> = {
  alignedTrajectories: { ...narrow, ...experts, startFrom: 1, growth: 1 },
  attentionMatching: { ipc: 1, iterations: 3, batchReal: 4, width: 4, depth: 2 },
  characteristicMatching: { ipc: 1, iterations: 3, batchReal: 4, frequencies: 8, factor: 1, width: 4, depth: 2 },
  datasetCondensation: { ipc: 1, iterations: 2, outer: 2, inner: 1, batchReal: 4, width: 4, depth: 2 },
  informationIntensive: { ...narrow, outer: 2, batchReal: 4, netImages: 8, batchNet: 4 },
  matchingTrajectories: { ...narrow, ...experts },
  neuralFeatureRegression: { ...narrow, batchReal: 4, poolSize: 1, poolUpdates: 2 },
  squeezeRecoverRelabel: { ...narrow, batchImg: 5, teacherEpochs: 1, teacherBatch: 20 },
  randomFeatureApproximation: { ...narrow, models: 2, batchReal: 4 },
  realisticDiverse: { ipc: 1, candidates: 2, crops: 2, teacherEpochs: 2, teacherBatch: 8, width: 4, depth: 2 },
  siameseCondensation: { ipc: 1, iterations: 1, outer: 3, inner: 1, batchReal: 4, width: 4, depth: 2 },
  distributionMatching: { ipc: 1, iterations: 3, batchReal: 4, width: 4, depth: 2 },
};

/** Numbers that no network can add up: its loss is none. */
const tooLarge = (set: DistilledSet): DistilledSet => ({ ...set, images: set.images.map((v) => 1e36 * v) });
/** Drive until the n-th report, then stop in one of the ways in which a caller can. */
async function stopped(steps: AsyncGenerator<unknown, unknown>, n: number, how: "signal" | "throw"): Promise<unknown> {
  const stop = new AbortController();
  const reason = new Error("enough");
  let reports = 0;
  const onProgress = () => {
    if (++reports < n) return;
    if (how === "throw") throw reason;
    stop.abort(reason);
  };
  return drive(steps, { signal: stop.signal, onProgress }).catch((error: unknown) => {
    expect(error).toBe(reason);
    return "stopped";
  });
}

describe.each(Object.entries(attacks) as unknown as [string, Attack][])("%s", (name, attack) => {
  const options = attack.options.parse(quickAttacks[name] ?? {});
  const context = { key: key(1), device: cpu, raw: tinyRaw() };

  it.each([1, 2, 3, 4])("stopped at report %i, by a signal or an error of the caller", async (n) => {
    for (const how of ["signal", "throw"] as const) await stopped(attack.run(tinySet(), options, context), n, how);
  });

  it("finished, and after a loss that is no number", async () => {
    await drive(attack.run(tinySet(), options, context));
    expect(openSessions()).toBe(0);
    if (!("lr" in attack.options.shape)) return;
    const far = attack.options.parse({ ...quickAttacks[name], lr: 1e30 });
    await expect(drive(attack.run(tinySet(), far, context))).rejects.toThrow(NumericError);
  });
});

describe.each(Object.entries(methods) as unknown as [string, Distillation][])("%s", (name, method) => {
  const context = { normalisation: knownNormalisations.strokes, key: key(1), device: cpu };
  const steps = () =>
    method.run(smallStrokes("train", 40), method.options.parse(quickMethods[name] ?? { ipc: 1 }), context);

  it("stopped at each report, and finished", async () => {
    for (const n of [1, 2])
      for (const how of ["signal", "throw"] as const) expect(await stopped(steps(), n, how)).not.toBe("failed");
    await drive(steps());
  });
});

describe("evaluating and judging", () => {
  const raw = smallStrokes("train", 10);
  const set: DistilledSet = {
    ...tinySet(10),
    images: normalisedBatch(raw, 0, 10, knownNormalisations.strokes),
    shape: raw.shape,
    labels: { kind: "hard", classes: raw.labels },
    classes: 10,
    normalisation: knownNormalisations.strokes,
  };
  const plan = {
    sets: [{ name: "clean" as const, set }],
    test: smallStrokes("test", 20),
    protocol: protocolOptions.parse({ epochs: 2 }),
    repeats: 2,
    key: key(1),
  };

  it.each(["signal", "throw"] as const)("a learner closed by its scope, stopped by %s", async (how) => {
    await using learner = learnerFor(mlp({ channels: 3, size: 8, classes: 10 }, { width: 8 }), plan.protocol, cpu);
    await stopped(evaluate(learner, plan), 2, how);
  });

  it("a network that diverges", async () => {
    await using learner = learnerFor(mlp({ channels: 3, size: 8, classes: 10 }, { width: 8 }), plan.protocol, cpu);
    const wrong = { ...plan, sets: [{ name: "clean" as const, set: tooLarge(set) }] };
    await expect(drive(evaluate(learner, wrong))).rejects.toThrow(NumericError);
  });

  it("a judge whose training stops", async () => {
    const options = z
      .object(scoreOptions)
      .parse({ architectures: ["mlp", "convNet"], networks: 2, epochs: 1, images: 10 });
    let trained = 0;
    const training: Parameters<typeof prepareJudge>[4] = async (learner, on, from) => {
      if (++trained > 3) throw new NumericError("stop", 0);
      const { train } = await import("../../src/train/train.ts");
      return train(learner, on, protocolOptions.parse({ epochs: 1 }), child(from, "x"));
    };
    await expect(prepareJudge(set, options, key(2), cpu, training)).rejects.toThrow("stop");
  });
});
