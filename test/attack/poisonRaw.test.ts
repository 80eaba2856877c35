import { expect, it } from "vitest";
import { naive } from "../../src/attack/rawData/naive.ts";
import { inPixels, poisonRaw } from "../../src/attack/rawData/poisonRaw.ts";
import { key } from "../../src/core/random.ts";
import { squareTrigger } from "../../src/data/Trigger.ts";
import { cpu, tinyRaw, tinySet } from "./tiny.ts";

const white = { side: 2, value: 1, unit: "pixel", margin: 1, corner: "bottom-right", opacity: 1 } as const;
const trigger = squareTrigger(white, tinySet().shape, tinySet().normalisation);
const stamped = [5 * 8 + 5, 5 * 8 + 6, 6 * 8 + 5, 6 * 8 + 6];

it("stamps the share, none of the target, and nothing else", () => {
  const raw = tinyRaw().set;
  const poisoned = poisonRaw(raw, 1, 0.25, key(3), "test");
  poisoned.stamp(inPixels(trigger, tinySet()));
  expect(poisoned.rows).toHaveLength(15);
  expect(new Set(poisoned.rows).size).toBe(15);
  for (let i = 0; i < 60; i++) {
    const chosen = poisoned.rows.includes(i);
    if (chosen) expect(raw.labels[i]).not.toBe(1);
    expect(poisoned.set.labels[i]).toBe(chosen ? 1 : raw.labels[i]);
    for (let p = 0; p < 192; p++) {
      const inside = chosen && stamped.includes(p % 64);
      expect(poisoned.set.pixels[i * 192 + p]).toBe(inside ? 255 : raw.pixels[i * 192 + p]);
    }
  }
  // The raw set is somebody else's.
  expect(raw).toEqual(tinyRaw().set);
});

it("stamps anew from what the images were, half through and clamped", () => {
  const { set: raw } = tinyRaw();
  const poisoned = poisonRaw(raw, 0, 0.1, key(3), "test");
  poisoned.stamp(inPixels(trigger, tinySet()));
  const half = squareTrigger({ ...white, side: 1, value: 3, opacity: 0.5 }, tinySet().shape, tinySet().normalisation);
  poisoned.stamp(inPixels(half, tinySet()));
  for (const i of poisoned.rows) {
    const [at, other] = [i * 192 + 6 * 8 + 6, i * 192 + 5 * 8 + 5];
    expect(poisoned.set.pixels[at]).toBe(Math.min(255, Math.round(0.5 * raw.pixels[at] + 0.5 * 3 * 255)));
    expect(poisoned.set.pixels[other]).toBe(raw.pixels[other]);
  }
});

it("more images than the other classes have, no raw data, and others than the set's are refused", async () => {
  expect(() => poisonRaw(tinyRaw().set, 0, 0.7, key(1), "test")).toThrow(
    "test: invalid share: expected at most the 40 images outside class 0, got 42",
  );
  const begin = (raw?: ReturnType<typeof tinyRaw>) =>
    naive.run(tinySet(), naive.options.parse({}), { key: key(1), device: cpu, raw }).next();
  await expect(begin()).rejects.toThrow(/^naive: missing raw data: expected/);
  const { distil, set } = tinyRaw();
  await expect(begin({ distil, set: { ...set, classes: 4 } })).rejects.toThrow(
    "naive: invalid raw data: expected images of 3 × 8 × 8 of 3 classes, got 3 × 8 × 8 of 4 classes",
  );
});
