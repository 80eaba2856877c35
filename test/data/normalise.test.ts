import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import { toEightBit } from "../../src/data/eightBit.ts";
import type { ImageShape } from "../../src/data/LabelledSet.ts";
import { knownNormalisations, type Normalisation } from "../../src/data/Normalisation.ts";
import {
  fromPixels,
  normalisationNamed,
  pictureSpace,
  renormalise,
  sameNormalisation,
  toPixels,
} from "../../src/data/normalise.ts";
import { eightBitSet } from "../formats/pictureFixtures.ts";
import { det } from "../golden/det.ts";

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

  it("whiten any number of images, each by itself", () => {
    const d = 6;
    const [mean, matrix] = [det("normalise/mean", d), det("normalise/matrix", d * d)];
    const normalisation: Normalisation = { kind: "zca", whitening: { mean, matrix, inverse: matrix } };
    for (let n = 1; n <= 9; n++) {
      const images = det("normalise/images", n * d);
      const whitened = fromPixels(images, [n, 3, 1, 2], normalisation);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < d; j++) {
          const terms = Array.from({ length: d }, (_, k) => (images[i * d + k] - mean[k]) * matrix[k * d + j]);
          expect(whitened[i * d + j]).toBeCloseTo(
            terms.reduce((a, b) => a + b),
            5,
          );
        }
    }
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
  it("whitening is not among them: it depends on data", () => {
    expect(() => normalisationNamed("zca-cifar-10", "test")).toThrow(
      "test: invalid normalisation: expected one that treats every pixel by itself, got zca-cifar-10",
    );
  });
  it.each(["cifar", "0.5", "0.5/0", "0.5,0.5/1", "a/b", "1/2/3", "toString"])("refuses %s", (name) => {
    expect(() => normalisationNamed(name, "test")).toThrow(/unknown normalisation: expected one of 8-bit, cifar-10/);
  });
});

it("pictures are handled as pixels where a set is whitened and its matrix is known, elsewhere in the set's own space", () => {
  const floats = new Float32Array(1);
  const whitening = { mean: floats, matrix: floats, inverse: floats };
  expect(pictureSpace({ kind: "zca", whitening })).toEqual({ kind: "unit" });
  for (const own of [{ kind: "zca" }, { kind: "unknown" }, knownNormalisations.svhn] as Normalisation[])
    expect(pictureSpace(own)).toBe(own);
});

it("two whitenings are the same if they were fitted to the same, or are the same numbers", () => {
  const floats = () => new Float32Array(1);
  const whitening = () => ({ mean: floats(), matrix: floats(), inverse: floats() });
  const fitted = (data: string, epsilon = 0.1): Normalisation => ({
    kind: "zca",
    fit: { data, epsilon },
    whitening: whitening(),
  });
  expect(sameNormalisation(fitted("a"), fitted("a"))).toBe(true);
  expect(sameNormalisation(fitted("a"), fitted("b"))).toBe(false);
  expect(sameNormalisation(fitted("a"), fitted("a", 0.2))).toBe(false);
  const one = whitening();
  expect(sameNormalisation({ kind: "zca", whitening: one }, { kind: "zca", whitening: one })).toBe(true);
  expect(sameNormalisation({ kind: "zca", whitening: one }, fitted("a"))).toBe(false);
  expect(sameNormalisation({ kind: "zca" }, { kind: "zca" })).toBe(false);
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
