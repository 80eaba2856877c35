import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { ridgeHead } from "../../src/attack/ridgeHead/ridgeHead.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { gamutBounds } from "../../src/data/Trigger.ts";
import { attacked, cpu, quickRidge, tinySet } from "./tiny.ts";

const attack = (set: DistilledSet, given: z.input<typeof ridgeHead.options>, resume?: Checkpoint) =>
  attacked(ridgeHead, set, given, key(2), resume);

describe("ridgeHead", () => {
  it("resumed from any checkpoint it gives the same bytes", async () => {
    const options = quickRidge;
    const { result, checkpoints } = await attack(tinySet(), options);
    expect(checkpoints).toHaveLength(quickRidge.steps);
    for (const at of [0, 2]) {
      const again = await attack(tinySet(), options, checkpoints[at]);
      expect(again.result.set.images).toEqual(result.set.images);
      expect(again.result.trigger).toEqual(result.trigger);
      expect(again.result.curves).toEqual(result.curves);
    }
  });

  it("tells how far its teachers and its pool are, each network in turn", async () => {
    const options = ridgeHead.options.parse({ ...quickRidge, teacher: { count: 3, passes: 2 } });
    const told: string[] = [];
    for await (const { phase, done, total } of ridgeHead.run(tinySet(), options, { key: key(2), device: cpu }))
      told.push(`${phase} ${(100 * (done / total)).toFixed(0)}`);
    expect(told.slice(0, 7)).toEqual([
      "teachers 0",
      "teachers 4",
      "teachers 8",
      "teachers 12",
      "pool 13",
      "pool 13",
      "pool 17",
    ]);
  });

  it("learns a pattern that a picture can hold, or leaves the given one", async () => {
    const learnt = (await attack(tinySet(), quickRidge)).result.trigger;
    expect(learnt.inGamut).toBe(true);
    expect(new Set(learnt.pattern).size).toBeGreaterThan(3);
    const given = (await attack(tinySet(), { ...quickRidge, trigger: { learn: false } })).result.trigger;
    expect(given.description).toBe("bottom-right square of 5×5");
    expect(new Set(given.pattern).size).toBe(3);
  });

  it("lowers the loss of a network that stays as it is", async () => {
    const { loss } = (
      await attack(tinySet(), {
        ...quickRidge,
        steps: 60,
        alpha: 0.5,
        carrier: { count: 4, batch: 4 },
        pool: { size: 1, maxPasses: 1000, passes: 1 },
        surrogate: { width: 8, lr: 1e-12 },
      })
    ).result.curves;
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
    expect(mean(loss.slice(-10))).toBeLessThan(0.7 * mean(loss.slice(0, 5)));
  });

  it("keeps within a largest change, in gamut and on 8-bit levels", async () => {
    const inside = (await attack(tinySet(), { ...quickRidge, clamp: true })).result.set;
    const { low, high } = gamutBounds(inside.normalisation, 3);
    const clean = { ...tinySet(), images: inside.images };
    const changed = (await attack(clean, { ...quickRidge, maxChange: 8 / 255, eightBit: true })).result.set;
    const before = toPixels(clean.images, clean.shape, clean.normalisation);
    toPixels(changed.images, changed.shape, changed.normalisation).forEach((pixel, i) => {
      expect(Math.abs(pixel - before[i])).toBeLessThan(8.5 / 255 + 1e-5);
      expect(Math.abs(255 * pixel - Math.round(255 * pixel))).toBeLessThan(1e-3);
    });
    inside.images.forEach((v, i) => {
      const c = Math.floor(i / 64) % 3;
      expect(v).toBeGreaterThan(low[c] - 1e-5);
      expect(v).toBeLessThan(high[c] + 1e-5);
    });
  });

  it("refuses limits that a set without pixels cannot have", async () => {
    const set: DistilledSet = { ...tinySet(), normalisation: { kind: "unknown" } };
    await expect(
      attack(set, { ...quickRidge, trigger: { unit: "normalised", learn: false }, clamp: true }),
    ).rejects.toThrow("invalid normalisation");
  });
});
