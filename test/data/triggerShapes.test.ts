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

describe("a stroke", () => {
  const thin = { ...choice, kind: "stroke", side: 1, opacity: 1 } as const;
  const shown = (seed: number, side = 1) => {
    const { mask } = triggerOf({ ...thin, side }, [1, 3, 32, 32], normalisation, key(seed));
    return [...mask.keys()].filter((i) => mask[i] === 1);
  };

  it.each([0, 1, 2, 3, 4, 5, 6, 7])("goes from one border to the opposite one in a line of its own: key %i", (seed) => {
    const pixels = shown(seed);
    const columns = new Set(pixels.map((i) => i % 32));
    const rows = new Set(pixels.map((i) => Math.floor(i / 32)));
    expect(Math.max(columns.size, rows.size)).toBe(32);
    expect(pixels.length).toBeLessThan(3 * 32);
    // Every pixel of it but the two ends has two neighbours of it at least.
    const next = (i: number) =>
      pixels.filter((j) => j !== i && Math.max(Math.abs((i % 32) - (j % 32)), Math.abs((i >> 5) - (j >> 5))) === 1);
    expect(pixels.filter((i) => next(i).length < 2).length).toBeLessThanOrEqual(2);
    expect(pixels).not.toEqual(shown(seed + 1));
  });

  it("has less than a third of itself in any 5×5 square", () => {
    for (let seed = 0; seed < 20; seed++) {
      const pixels = shown(seed);
      for (let top = 0; top <= 27; top++)
        for (let left = 0; left <= 27; left++) {
          const inside = pixels.filter(
            (i) => (i >> 5) - top >= 0 && (i >> 5) - top < 5 && (i % 32) - left >= 0 && (i % 32) - left < 5,
          );
          expect(inside.length).toBeLessThan(pixels.length / 3);
        }
    }
  });

  it("is wider by its side, and of one colour", () => {
    const [one, three] = [shown(3), shown(3, 3)];
    expect(one.filter((i) => !three.includes(i))).toEqual([]);
    expect(three.length / one.length).toBeGreaterThan(2);
    const yellow = triggerOf({ ...thin, colour: [1, 1, 0] }, [1, 3, 32, 32], normalisation, key(3));
    const pixels = toPixels(yellow.pattern, [1, 3, 32, 32], normalisation);
    for (const i of one) [0, 1, 2].forEach((c) => void expect(pixels[1024 * c + i]).toBeCloseTo([1, 1, 0][c], 5));
    expect(triggerOf({ ...thin, value: 1.5 }, [1, 3, 32, 32], normalisation, key(3)).inGamut).toBe(false);
  });
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
