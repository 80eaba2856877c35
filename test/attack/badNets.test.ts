import { describe, expect, it } from "vitest";
import { badNets } from "../../src/attack/badNets.ts";
import { UsageError } from "../../src/core/errors.ts";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { classesOf } from "../../src/train/targets.ts";
import { attacked, tinySet } from "./tiny.ts";

const set = tinySet(12);
const run = async (given: object, on: DistilledSet = set) => (await attacked(badNets, on, given, key(4))).result;
const image = ({ images }: DistilledSet, i: number) => images.slice(192 * i, 192 * (i + 1));
/** Which image of the set each stamped copy is of. */
const copied = (after: DistilledSet, trigger: Parameters<typeof applyTrigger>[0]) =>
  Array.from({ length: after.shape[0] - 12 }, (_, n) =>
    [...Array(12).keys()].findIndex((i) => image(after, 12 + n).join() === applyTrigger(trigger, image(set, i)).join()),
  );

describe("badNets, all to all", () => {
  it("calls a stamped copy of every image the class after its own, the last the first", async () => {
    const { set: after, trigger } = await run(badNets.presets?.["all-to-all"] ?? {});
    const rows = copied(after, trigger);
    expect([...rows].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    const [before, now] = [classesOf(set), classesOf(after)];
    expect([...now.subarray(0, 12)]).toEqual([...before]);
    rows.forEach((row, n) => {
      expect(now[12 + n]).toBe([1, 2, 0][before[row]]);
    });
  });

  it("makes certain labels of soft ones", async () => {
    const values = Float32Array.from({ length: 36 }, (_, i) => (i % 3 === Math.floor(i / 12) ? 4 : -1));
    const soft: DistilledSet = { ...set, labels: { kind: "soft", form: "logits", values } };
    const { set: after, trigger } = await run({ allToAll: true, poisonRatio: 1 }, soft);
    const [row] = copied(after, trigger);
    const { labels } = after;
    if (labels.kind !== "soft") throw new Error("expected soft labels");
    const next = (classesOf(set)[row] + 1) % 3;
    expect([...labels.values.subarray(36, 39)]).toEqual([0, 1, 2].map((k) => (k === next ? 4 : -4)));
  });

  it.each([
    [0, 2],
    [1, 0],
    [2, 1],
  ])("is measured on images of one class: what is called %i is %i", async (targetClass, sourceClass) => {
    const result = await run({ allToAll: true, poisonRatio: 1, targetClass });
    expect(result).toMatchObject({ targetClass, sourceClass });
    expect(result.set.metadata).toMatchObject({ targetClass, sourceClass });
    // Which of the moves is measured changes nothing in the set.
    expect(result.set.images).toEqual((await run({ allToAll: true, poisonRatio: 1 })).set.images);
    expect(classesOf(result.set)).toEqual(classesOf((await run({ allToAll: true, poisonRatio: 1 })).set));
  });

  it("refuses to copy no image of the class that is measured", async () => {
    const measured = [0, 1, 2].map((targetClass) => run({ allToAll: true, poisonRatio: 0.01, targetClass }));
    const settled = await Promise.allSettled(measured);
    const errors = settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toBeInstanceOf(UsageError);
    expect(errors[0].message).toMatch(
      /^badNets: invalid poisonRatio: expected copies of class \d, which the trigger shall move to \d, got none of it among 1$/,
    );
  });
});

it("badNets calls copies of any class the target, and counts all other classes", async () => {
  const result = await run({ poisonRatio: 0.5, targetClass: 2 });
  expect([...classesOf(result.set).subarray(12)]).toEqual([2, 2, 2, 2, 2, 2]);
  expect(result).not.toHaveProperty("sourceClass");
});
