import fc from "fast-check";
import { expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { applyTrigger, clampToGamut, corners, randomTrigger, squareTrigger } from "../../src/data/Trigger.ts";
import { triggerOf } from "../../src/data/triggerShapes.ts";

const normalisation = knownNormalisations["cifar-10"];
const shape = [1, 3, 8, 8] as const;
const options = fc.record({
  side: fc.integer({ min: 1, max: 6 }),
  margin: fc.integer({ min: 0, max: 2 }),
  value: fc.double({ min: -5, max: 5, noNaN: true }),
  unit: fc.constantFrom("pixel" as const, "normalised" as const),
  corner: fc.constantFrom(...corners),
  opacity: fc.double({ min: 0.01, max: 1, noNaN: true }),
});

it("changes only what lies under the mask, and the given images not at all", () => {
  fc.assert(
    fc.property(options, fc.integer({ min: 1, max: 4 }), (given, n) => {
      const trigger = squareTrigger(given, shape, normalisation);
      expect(trigger.mask.filter((m) => m > 0)).toHaveLength(given.side ** 2);
      const images = Float32Array.from({ length: n * 192 }, (_, i) => Math.sin(i));
      const stamped = applyTrigger(trigger, images);
      images.forEach((v, i) => {
        expect(v).toBe(Math.fround(Math.sin(i)));
        const m = trigger.mask[i % 64];
        if (m === 0) expect(stamped[i]).toBe(v);
        else expect(stamped[i]).toBeCloseTo(v * (1 - m) + m * trigger.pattern[i % 192], 4);
      });
    }),
  );
});

it("knows what a picture can hold", () => {
  const at = (value: number, unit: "pixel" | "normalised") =>
    squareTrigger({ side: 1, margin: 0, value, unit, corner: "bottom-right", opacity: 1 }, shape, normalisation)
      .inGamut;
  expect([at(0, "pixel"), at(1, "pixel"), at(1.01, "pixel"), at(-0.01, "pixel")]).toEqual([true, true, false, false]);
  // The released program's value is 2.5 in pixel units.
  expect([at(10, "normalised"), at(0, "normalised")]).toEqual([false, true]);
});

it("makes a control of equal energy and equal size", () => {
  fc.assert(
    fc.property(options, fc.integer(), (given, seed) => {
      fc.pre(Math.abs(given.value) > 0.1 || given.unit === "pixel");
      const trigger = squareTrigger(given, shape, normalisation);
      const control = randomTrigger(trigger, key(seed), normalisation);
      const energy = (t: typeof trigger) => t.pattern.reduce((s, v, i) => s + (t.mask[i % 64] * v) ** 2, 0);
      expect(energy(control) / energy(trigger)).toBeCloseTo(1, 4);
      expect([...control.mask].sort()).toEqual([...trigger.mask].sort());
    }),
  );
});

it("clamps to the gamut and leaves what is in it", () => {
  const images = Float32Array.from({ length: 192 }, (_, i) => (i % 2 ? 10 : 0));
  const clamped = clampToGamut(images, shape, normalisation);
  expect(clamped[0]).toBe(0);
  expect(clamped[1]).toBeCloseTo((1 - 0.4914) / 0.2023, 5);
});

it("is laid on pictures: whitened space is refused", () => {
  const floats = new Float32Array(192);
  const whitened = { kind: "zca", whitening: { mean: floats, matrix: floats, inverse: floats } } as const;
  const square = { side: 1, margin: 0, value: 1, unit: "pixel", corner: "top-left", opacity: 0.5 } as const;
  const message = "trigger: invalid space: expected the picture space of the set, got zca";
  expect(() => squareTrigger(square, shape, whitened)).toThrow(message);
  expect(() => triggerOf({ ...square, kind: "sinusoid", frequency: 2 }, shape, whitened, key(1))).toThrow(message);
});
