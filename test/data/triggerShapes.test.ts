import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { lowPass, triggerKinds, triggerOf } from "../../src/data/triggerShapes.ts";

const normalisation = knownNormalisations["cifar-10"];
const choice = { side: 2, value: 1, unit: "pixel", corner: "top-left", margin: 0, opacity: 0.1, frequency: 2 } as const;

describe.each(triggerKinds)("%s", (kind) => {
  it("is in gamut, moves images by its opacity at most, and is the same for the same key", () => {
    const trigger = triggerOf({ ...choice, kind }, [1, 3, 8, 8], normalisation, key(1));
    expect(trigger.inGamut).toBe(true);
    expect(triggerOf({ ...choice, kind }, [1, 3, 8, 8], normalisation, key(1))).toEqual(trigger);
    const grey = new Float32Array(192);
    const moved = applyTrigger(trigger, grey);
    moved.forEach((v, i) => {
      expect(v).toBeCloseTo(0.1 * trigger.pattern[i] * (trigger.mask[i % 64] > 0 ? 1 : 0), 5);
    });
  });
});

it("a checker of white is black on every second pixel of its square, in every channel", () => {
  const white = { ...choice, kind: "checker", side: 3, margin: 1, opacity: 1 } as const;
  const trigger = triggerOf(white, [1, 3, 8, 8], normalisation, key(1));
  const pixels = toPixels(trigger.pattern, [1, 3, 8, 8], normalisation);
  const shown = [...trigger.mask.keys()].filter((i) => trigger.mask[i] > 0);
  expect(shown).toEqual([9, 10, 11, 17, 18, 19, 25, 26, 27]);
  for (const channel of [0, 1, 2])
    expect(shown.map((i) => Math.abs(Math.round(pixels[64 * channel + i])))).toEqual(
      [0, 1, 0, 1, 0, 1, 0, 1, 0].map((v) => 1 - v),
    );
});

it("refuses to cover the whole image", () => {
  expect(() => triggerOf({ ...choice, kind: "blend", opacity: 1 }, [1, 3, 8, 8], normalisation, key(1))).toThrow(
    "opacity",
  );
});

it("low pass is an orthogonal projection that keeps constants and, with all frequencies, everything", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 5 }), (seed, frequency) => {
      const image = normal(key(seed), 2 * 6 * 8);
      const once = lowPass(image, [2, 6, 8], frequency);
      const twice = lowPass(once, [2, 6, 8], frequency);
      const inner = (a: Float32Array, b: Float32Array) => a.reduce((s, v, i) => s + v * b[i], 0);
      once.forEach((v, i) => {
        expect(twice[i]).toBeCloseTo(v, 4);
      });
      expect(inner(once, image)).toBeCloseTo(inner(once, once), 3);
      lowPass(image, [2, 6, 8], 4).forEach((v, i) => {
        expect(v).toBeCloseTo(image[i], 4);
      });
      expect(lowPass(new Float32Array(48).fill(0.7), [1, 6, 8], 0).every((v) => Math.abs(v - 0.7) < 1e-5)).toBe(true);
    }),
  );
});
