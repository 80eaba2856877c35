import { describe, expect, it } from "vitest";
import { z } from "zod";
import { badNets } from "../../../src/attack/badNets.ts";
import { heldOut } from "../../../src/attack/common/heldOut.ts";
import { child, key, normal } from "../../../src/core/random.ts";
import type { DistilledSet } from "../../../src/data/DistilledSet.ts";
import { squareTrigger } from "../../../src/data/Trigger.ts";
import { prepareJudge } from "../../../src/experiment/search/judge.ts";
import { type NetworkScore, scoreOf, scoreOptions } from "../../../src/experiment/search/score.ts";
import { cpu, tinySet } from "../../attack/tiny.ts";

const options = z
  .object(scoreOptions)
  .parse({ architectures: ["mlp"], width: 16, networks: 2, epochs: 40, images: 40 });
/** Red, green and blue images: colours survive flips and shifts. */
const set: DistilledSet = {
  ...tinySet(12),
  images: normal(key("flags"), 12 * 192, 0, 0.3).map((v, i) => {
    const [image, channel] = [Math.floor(i / 192), Math.floor(i / 64) % 3];
    return v + (channel === Math.floor(image / 4) ? 1 : -1);
  }),
};
const white = squareTrigger(
  { side: 3, value: 1, unit: "pixel", corner: "bottom-right", margin: 0, opacity: 1 },
  set.shape,
  set.normalisation,
);
const judged = async (tampered: DistilledSet, trigger = white, sourceClass?: number) => {
  const judge = await prepareJudge(set, options, key(1), cpu);
  const list = await judge.score({ set: tampered, trigger, targetClass: 0, sourceClass });
  await judge.close();
  return { list, score: scoreOf(list, options) };
};

describe("the judge", () => {
  it("finds nothing in an unchanged set: each pair of networks is one network", async () => {
    const { list, score } = await judged({ ...set });
    expect(list).toHaveLength(2);
    for (const one of list) {
      expect(one.heldAsr).toBe(one.cleanWithTrigger);
      expect(one.agreement).toBe(one.cleanAgreement);
      expect(one.accuracy).toBe(one.cleanAccuracy);
      expect(one.accuracy).toBeGreaterThan(0.5);
    }
    expect(score.heldLoss).toBe(0);
    expect(score.rise).toBeLessThanOrEqual(0);
    expect((await judged({ ...set })).list).toEqual(list);
  });

  it("finds the trigger of a set with stamped copies, and a set that has lost its labels", async () => {
    const attack = badNets.run(set, badNets.options.parse({ poisonRatio: 0.5 }), { key: key(2), device: cpu });
    const result = (await attack.next()).value as { set: DistilledSet };
    const backdoored = await judged(result.set);
    expect(backdoored.score.heldAsr).toBeGreaterThan(0.9);
    expect(backdoored.score.rise).toBeGreaterThan(0.4);
    const shuffled = await judged({
      ...set,
      labels: {
        kind: "hard",
        classes: set.labels.kind === "hard" ? set.labels.classes.map((k) => (k + 1) % 3) : new Int32Array(),
      },
    });
    expect(shuffled.score.accuracy).toBeLessThan(shuffled.score.cleanAccuracy - 0.3);
    expect(shuffled.score.heldLoss).toBeGreaterThan(0.2);
    expect(shuffled.score.value).toBeLessThan(backdoored.score.value);
  });

  it("counts what is one class to clean networks, of an attack that moves that class alone", async () => {
    const classes = set.labels.kind === "hard" ? set.labels.classes.map((k) => [2, 1, 0][k]) : new Int32Array();
    const swapped: DistilledSet = { ...set, labels: { kind: "hard", classes } };
    const [all, first, second] = [
      await judged(swapped),
      await judged(swapped, white, 1),
      await judged(swapped, white, 2),
    ].map(({ score }) => score.withoutTrigger);
    expect(second).toBeGreaterThan(all + 0.2);
    expect(first).toBeLessThan(all - 0.2);
  });

  it("asks about leaves and about the set's own images with their labels", () => {
    const { images, labels } = heldOut(set, 5, key(3));
    expect(images).toHaveLength(10 * 192);
    expect(labels).toHaveLength(5);
    expect(heldOut(set, 5, child(key(3), "other")).images).not.toEqual(images);
  });
});

describe("the score", () => {
  const network: NetworkScore = {
    architecture: "mlp",
    seed: 0,
    heldAsr: 0.9,
    cleanWithTrigger: 0.1,
    withoutTrigger: 0.2,
    randomTrigger: 0.15,
    agreement: 0.6,
    cleanAgreement: 0.7,
    accuracy: 0.9,
    cleanAccuracy: 0.92,
  };
  const choice = { ...options, tolerance: 0.02, weight: 5 };

  it("is the rise above the strongest control, less what is lost beyond the tolerance", () => {
    const { rise, heldLoss, value } = scoreOf([network], choice);
    expect(rise).toBeCloseTo(0.7);
    expect(heldLoss).toBeCloseTo(0.06);
    expect(value).toBeCloseTo(0.7 - 5 * 0.04);
    expect(scoreOf([network], { ...choice, tolerance: 0.06 }).value).toBeCloseTo(0.7);
  });

  it("takes means over networks before it compares controls", () => {
    const other = { ...network, cleanWithTrigger: 0.4, withoutTrigger: 0 };
    expect(scoreOf([network, other], choice).rise).toBeCloseTo(0.9 - 0.25);
  });
});
