import { afterAll, describe, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { normalisedBatch } from "../../src/data/normalisedBatch.ts";
import { squareTrigger } from "../../src/data/Trigger.ts";
import { initialise } from "../../src/nn/Network.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { sgd } from "../../src/nn/optimisers.ts";
import {
  type Diverged,
  type Evaluation,
  type EvaluationPlan,
  evaluate,
  predictTest,
} from "../../src/train/evaluate.ts";
import { Learner } from "../../src/train/Learner.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { schedule } from "../../src/train/schedule.ts";
import { train } from "../../src/train/train.ts";
import { cpu } from "../attack/tiny.ts";

const normalisation = knownNormalisations.strokes;
const raw = strokes("train", 60);
const set: DistilledSet = {
  kind: "distilled",
  name: "sixty drawings",
  images: normalisedBatch(raw, 0, 60, normalisation),
  shape: raw.shape,
  labels: { kind: "hard", classes: raw.labels },
  classes: 10,
  normalisation,
  metadata: {},
};
const learner = new Learner(mlp({ channels: 3, size: 32, classes: 10 }, { width: 16 }), sgd({ momentum: 0.9 }), cpu);
const protocol = protocolOptions.parse({ epochs: 8, batch: 25 });
afterAll(() => learner.close());

function plan(more: Partial<EvaluationPlan> = {}): EvaluationPlan {
  const trigger = squareTrigger(
    { side: 3, value: 1, unit: "pixel", corner: "bottom-right", margin: 0, opacity: 1 },
    set.shape,
    normalisation,
  );
  const dark = { ...set, images: set.images.map((v) => v * 0.5) };
  return {
    sets: [
      { name: "clean" as const, set },
      { name: "tampered" as const, set: dark },
    ],
    test: strokes("test", 130),
    backdoor: { trigger, targetClass: 0 },
    protocol,
    repeats: 2,
    key: key(3),
    ...more,
  };
}

async function all(finished: Evaluation[] = []): Promise<Evaluation[]> {
  const run = evaluate(learner, plan(), finished);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

describe("train", () => {
  it("learns, gives the same losses for the same key and others for another, whatever the batches", async () => {
    const one = await train(learner, set, protocol, key(1));
    const two = await train(learner, set, protocol, key(1));
    const three = await train(learner, set, protocol, key(2));
    expect(one.losses).toEqual(two.losses);
    expect(one.losses).not.toEqual(three.losses);
    expect(one.losses.at(-1)!).toBeLessThan(one.losses[0]);
  });

  it.each(["flip-crop", "dsa", "crop_scale_cutout"])("augments with %s", async (augmentation) => {
    const plain = await train(learner, set, protocol, key(1));
    const changed = await train(learner, set, { ...protocol, augmentation }, key(1));
    expect(changed.losses[1]).not.toBe(plain.losses[1]);
    expect(changed.losses.every(Number.isFinite)).toBe(true);
  });

  it("keeps the field's schedule: × 0.1 with a fresh state once epoch E//2+1 is done", () => {
    const at = (epoch: number) => schedule({ ...protocol, epochs: 300 }, epoch);
    expect([at(0), at(151)]).toEqual([
      { lr: 0.01, fresh: false },
      { lr: 0.01, fresh: false },
    ]);
    expect(at(152).lr).toBeCloseTo(0.001, 12);
    expect([at(152).fresh, at(153).fresh]).toEqual([true, false]);
  });
});

describe("evaluate", () => {
  it("measures clean and tampered with the same seeds, beside the controls", async () => {
    const results = await all();
    expect(results.map((r) => [r.seed, r.set])).toEqual([
      [0, "clean"],
      [0, "tampered"],
      [1, "clean"],
      [1, "tampered"],
    ]);
    for (const r of results) {
      expect(r.asr).toBeGreaterThanOrEqual(0);
      expect(r.asrWithoutTrigger).toBeGreaterThanOrEqual(0);
      if (r.set === "tampered") expect(r.asr! + r.ra!).toBeLessThanOrEqual(1 + 1e-12);
    }
    // Finished networks are taken as they are, also when only some are.
    expect(await all(results.slice(1, 2))).toEqual(results);
  });

  describe("of a network that diverges", () => {
    const hasty = { ...protocol, lr: 1e5 };

    it("is an error that says how to mend it", async () => {
      const run = evaluate(learner, plan({ protocol: hasty }));
      await run.next();
      await expect(run.next()).rejects.toThrow(
        /invalid loss: expected a number, got (?:NaN|Infinity); a lower learning rate/,
      );
    });

    it("is an outcome where the plan says so, and the others are measured", async () => {
      const found: Diverged[] = [];
      const trained: typeof train = (l, s, p, k, on) => train(l, s, s === set ? { ...p, lr: 1e5 } : p, k, on);
      let measured = 0;
      for await (const { result, diverged } of evaluate(learner, plan({ divergence: "outcome", train: trained }))) {
        if (diverged) found.push(diverged);
        if (result) measured++;
      }
      expect(found.map(({ seed, set: of, epochs }) => [seed, of, epochs])).toEqual([
        [0, "clean", 8],
        [1, "clean", 8],
      ]);
      expect(measured).toBe(2);
      // A finished one is not trained again.
      const never: typeof train = () => Promise.reject(new Error("trained again"));
      const again = evaluate(learner, plan({ divergence: "outcome", train: never, repeats: 1 }), found);
      expect((await again.next()).value).toMatchObject({ done: 1, diverged: found[0] });
    });
  });

  it("answers for the network it is asked about, whichever it was asked about before", async () => {
    const networks = [key(1), key(2)].map((k) => learner.start(initialise(learner.network.weights, k), []));
    const [one, two] = networks.map((state) => learner.predictor(state));
    const [first, second] = [await one(set.images), await two(set.images)];
    expect(first.logits).not.toEqual(second.logits);
    expect(await one(set.images)).toEqual(first);
    expect(await learner.predict(networks[1], set.images)).toEqual(second);
  });

  it("predicts every image once, also when the last chunk is short", async () => {
    const { state } = await train(learner, set, protocol, key(1));
    const test = strokes("test", 130);
    const [whole] = await predictTest(learner, state, test, set, [(x) => x]);
    const first = {
      ...test,
      shape: [7, 3, 32, 32] as const,
      pixels: test.pixels.subarray(0, 7 * 3072),
      labels: test.labels.subarray(0, 7),
    };
    const [few] = await predictTest(learner, state, first, set, [(x) => x]);
    expect([...whole.subarray(0, 7)]).toEqual([...few]);
    expect(whole).toHaveLength(130);
  });
});
