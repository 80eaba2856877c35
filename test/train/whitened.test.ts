import { afterAll, describe, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { imagesOfClass } from "../../src/data/imagesOfClass.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { fromPixels, pictureSpace, toPixels, unit } from "../../src/data/normalise.ts";
import { applyTrigger, squareTrigger } from "../../src/data/Trigger.ts";
import { fitZca } from "../../src/data/zca.ts";
import { accuracy, attackSuccessRate } from "../../src/metrics/rates.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { sgd } from "../../src/nn/optimisers.ts";
import { evaluate, predictTest } from "../../src/train/evaluate.ts";
import { inputTransform } from "../../src/train/inputTransform.ts";
import { Learner } from "../../src/train/Learner.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { argmaxRows } from "../../src/train/targets.ts";
import { train } from "../../src/train/train.ts";
import { cpu } from "../attack/tiny.ts";
import { det } from "../golden/det.ts";

const d = 27;
const source = det("whitened", 120 * d, 0.5, 0.5);
const whitening = fitZca(
  source.map((v, i) => (i % d > 0 ? 0.5 * v + 0.5 * source[i - 1] : v)),
  [120, 3, 3, 3],
);
const normalisation = { kind: "zca", whitening } as const;
const pixels = det("whitened/set", 9 * d, 0.6, 0.5);
const set: DistilledSet = {
  kind: "distilled",
  name: "nine",
  images: fromPixels(pixels, [9, 3, 3, 3], normalisation),
  shape: [9, 3, 3, 3],
  labels: { kind: "hard", classes: Int32Array.from({ length: 9 }, (_, i) => i % 3) },
  classes: 3,
  normalisation,
  metadata: {},
};
/** More than one block of images, and a last chunk that is short. */
const n = 259;
const test: LabelledSet = {
  kind: "labelled",
  name: "test",
  pixels: Uint8Array.from(det("whitened/test", n * d, 127, 128), Math.floor),
  shape: [n, 3, 3, 3],
  labels: Int32Array.from({ length: n }, (_, i) => i % 3),
  classes: 3,
};
const testPixels = Float32Array.from(test.pixels, (byte) => byte / 255);
const learner = new Learner(mlp({ channels: 3, size: 3, classes: 3 }), sgd(), cpu);
afterAll(() => learner.close());
const protocol = protocolOptions.parse({ epochs: 3, lr: 0.1, optimiser: "sgd" });
const apart = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

describe("what networks see of a whitened set", () => {
  it("is the set as it is stored, and pictures whitened", async () => {
    expect(await inputTransform("as-is", set, cpu)(set.images)).toBe(set.images);
    const seen = inputTransform("as-is", set, cpu, pictureSpace(normalisation));
    expect(apart(await seen(testPixels), fromPixels(testPixels, test.shape, normalisation))).toBeLessThan(1e-5);
    await seen.close();
  });

  it("clamped: the pictures behind the numbers are", async () => {
    const seen = inputTransform("clamp", set, cpu);
    const after = toPixels(await seen(set.images), set.shape, normalisation);
    expect(Math.min(...pixels)).toBeLessThan(-0.05);
    expect(
      apart(
        after,
        pixels.map((v) => Math.min(1, Math.max(0, v))),
      ),
    ).toBeLessThan(2e-5);
    await seen.close();
  });
});

it("every test image is predicted as it would be alone, stamped as a picture", async () => {
  const { state } = await train(learner, set, protocol, key(1));
  const trigger = squareTrigger(
    { side: 2, value: 1, unit: "pixel", corner: "bottom-right", margin: 0, opacity: 1 },
    set.shape,
    unit,
  );
  const seen = inputTransform("as-is", set, cpu, unit);
  const [plain, stamped] = await predictTest(learner, state, test, set, [seen, (x) => seen(applyTrigger(trigger, x))]);
  const direct = async (images: Float32Array<ArrayBuffer>) => {
    const { logits } = await learner.predict(state, fromPixels(images, test.shape, normalisation));
    return argmaxRows(logits, 3);
  };
  expect(plain).toEqual(await direct(testPixels));
  expect(stamped).toEqual(await direct(applyTrigger(trigger, testPixels)));
  expect(stamped).not.toEqual(plain);
  await seen.close();

  const backdoor = { trigger, targetClass: 1 };
  const plan = { sets: [{ name: "tampered" as const, set }], test, backdoor, protocol, repeats: 1, key: key(7) };
  const results = [];
  for await (const { result } of evaluate(learner, { ...plan, train: async () => ({ state, losses: [] }) }))
    if (result) results.push(result);
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({
    cta: accuracy(plain, test.labels),
    asr: attackSuccessRate(stamped, test.labels, 1),
    asrWithoutTrigger: attackSuccessRate(plain, test.labels, 1),
  });

  // Of an attack that names a source class its images alone are stamped and counted; accuracy is of all.
  const sourced = { ...plan, backdoor: { ...backdoor, sourceClass: 2 }, train: async () => ({ state, losses: [] }) };
  const ofSource = (said: Int32Array) => said.filter((_, i) => test.labels[i] === 2);
  const share = (said: Int32Array, k: number) => said.filter((p) => p === k).length / said.length;
  for await (const { result } of evaluate(learner, sourced))
    if (result) {
      expect(result).toMatchObject({
        cta: accuracy(plain, test.labels),
        asr: share(ofSource(stamped), 1),
        asrWithoutTrigger: share(ofSource(plain), 1),
        ra: share(ofSource(stamped), 2),
      });
      expect(result.asrWithoutTrigger).not.toBe(results[0].asrWithoutTrigger);
    }
  const none = { ...sourced, test: imagesOfClass(test, 0) };
  await expect(evaluate(learner, none).next()).rejects.toThrow(
    "evaluate: invalid test set: expected images of class 2, which the trigger moves, got none of it among 87",
  );
});
