import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { relativeDistance } from "../../src/attack/trajectoryMatching/parameterGoal.ts";
import { trajectoryMatching } from "../../src/attack/trajectoryMatching/trajectoryMatching.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { key } from "../../src/core/random.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { attacked, quickTrajectory, tinySet } from "./tiny.ts";

const attack = (given: z.input<typeof trajectoryMatching.options>, set = tinySet(), resume?: Checkpoint) =>
  attacked(trajectoryMatching, set, given, key(4), resume);

describe("trajectoryMatching", () => {
  it("resumed from any checkpoint it gives the same bytes", async () => {
    const options = quickTrajectory;
    const { result, checkpoints } = await attack(options);
    expect(checkpoints).toHaveLength(quickTrajectory.steps);
    expect(result.curves.loss).toHaveLength(quickTrajectory.steps);
    const again = await attack(options, tinySet(), checkpoints[1]);
    expect(again.result.set.images).toEqual(result.set.images);
    expect(again.result.trigger).toEqual(result.trigger);
    expect(again.result.curves).toEqual(result.curves);
  });

  it("learns a trigger in gamut and keeps within the budget", async () => {
    const set = tinySet();
    const inside = { ...set, images: set.images.map((v) => 0.1 * v) };
    const { result } = await attack({ ...quickTrajectory, maxChange: 8 / 255, clamp: true }, inside);
    expect(result.trigger.inGamut).toBe(true);
    expect(result.trigger.description).toContain("learnt");
    const pixels = (images: typeof set.images) => toPixels(images, set.shape, set.normalisation);
    const before = pixels(inside.images);
    pixels(result.set.images).forEach((v, i) => {
      expect(Math.abs(v - before[i])).toBeLessThan(8 / 255 + 1e-5);
    });
    expect(result.set.images).not.toEqual(inside.images);
  });

  it("measures the way that is left relative to the way there was", () => {
    const tree = (...values: number[]) => ({ a: Float32Array.of(values[0]), b: Float32Array.of(values[1]) });
    const { loss, gradient } = relativeDistance(tree(1, 3), tree(2, 1), tree(0, 0));
    expect(loss).toBe(1);
    expect(gradient).toEqual(tree(-2 / 5, 4 / 5));
  });

  it.each([
    [{ reference: { weight: 0.5 } }, "reference"],
    [{ objective: "parameters" }, "trigger.learn"],
  ] as const)("refuses what would do nothing: %j", async (more, name) => {
    await expect(attack({ ...quickTrajectory, ...more })).rejects.toThrow(`trajectoryMatching: invalid ${name}`);
  });
});
