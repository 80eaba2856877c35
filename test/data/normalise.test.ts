import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import { toEightBit } from "../../src/data/eightBit.ts";
import type { ImageShape } from "../../src/data/LabelledSet.ts";
import { knownNormalisations, type Normalisation } from "../../src/data/Normalisation.ts";
import { fromPixels, normalisationNamed, renormalise, sameNormalisation, toPixels } from "../../src/data/normalise.ts";
import { eightBitSet } from "../formats/pictureFixtures.ts";

const shape: ImageShape = [2, 3, 1, 2];
const pixels = Float32Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 0.05);

describe("toPixels and fromPixels", () => {
  it("channels have their own mean and deviation", () => {
    const stored = fromPixels(pixels, shape, { kind: "meanStd", mean: [0, 1, 0.5], std: [1, 2, 0.1] });
    const expected = [0, 0.1, -0.4, -0.35, -1, 0, 0.6, 0.7, -0.1, -0.05, 5, -4.5];
    for (const [i, x] of expected.entries()) expect(stored[i]).toBeCloseTo(x, 6);
  });

  it("undo each other, whitening included", () => {
    const matrix = Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 2 : 0));
    const inverse = matrix.map((x) => x / 4);
    const mean = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
    const whitened: Normalisation = { kind: "zca", whitening: { mean, matrix, inverse } };
    for (const normalisation of [...Object.values(knownNormalisations).filter((n) => n.mean.length === 3), whitened]) {
      const back = toPixels(fromPixels(pixels, shape, normalisation), shape, normalisation);
      for (const [i, x] of pixels.entries()) expect(back[i]).toBeCloseTo(x, 6);
    }
    expect(fromPixels(pixels, shape, whitened)[2]).toBeCloseTo(2 * (0.2 - 0.3), 6);
  });

  it("what cannot be undone is refused", () => {
    for (const normalisation of [{ kind: "unknown" }, { kind: "zca" }, knownNormalisations.mnist] as Normalisation[])
      expect(() => toPixels(pixels, shape, normalisation)).toThrow(UsageError);
  });
});

describe("normalisationNamed", () => {
  it("knows names, 8-bit for any number of channels, and numbers", () => {
    expect(normalisationNamed("svhn", "test")).toBe(knownNormalisations.svhn);
    expect(toPixels(Float32Array.of(255, 51), [1, 2, 1, 1], normalisationNamed("8-bit", "test"))).toEqual(
      Float32Array.of(1, 0.2),
    );
    expect(normalisationNamed("0.5,0.25/1,2", "test")).toEqual({ kind: "meanStd", mean: [0.5, 0.25], std: [1, 2] });
  });
  it.each(["cifar", "0.5", "0.5/0", "0.5,0.5/1", "a/b", "1/2/3", "toString"])("refuses %s", (name) => {
    expect(() => normalisationNamed(name, "test")).toThrow(/unknown normalisation: expected one of 8-bit, cifar-10/);
  });
});

it("sets go from one normalisation to another through pixels; equal ones stay the same object", () => {
  const set = eightBitSet();
  expect(renormalise(set, { kind: "unit" })).toBe(set);
  const there = renormalise(set, knownNormalisations.svhn);
  expect(there.normalisation).toBe(knownNormalisations.svhn);
  expect(toEightBit(there)).toMatchObject({ pixels: toEightBit(set).pixels, clipped: 0 });
  expect(sameNormalisation({ kind: "unknown" }, { kind: "unknown" })).toBe(false);
});

it("rounding to 8 bits never errs by more than half a level", () => {
  fc.assert(
    fc.property(fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 }), (values) => {
      const set = eightBitSet({
        images: Float32Array.from(values),
        shape: [1, 1, 8, 8],
        labels: { kind: "hard", classes: Int32Array.of(0) },
        classes: 1,
      });
      const { maxError, meanError, clipped } = toEightBit(set);
      expect(clipped).toBe(0);
      expect(maxError).toBeLessThanOrEqual(0.5 / 255 + 1e-7);
      expect(meanError).toBeLessThanOrEqual(maxError);
    }),
  );
});
