import { describe, expect, it } from "vitest";
import { key, uniform } from "../../src/core/random.ts";
import { distilledFromPixels } from "../../src/data/eightBit.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { knownNormalisations, type Normalisation } from "../../src/data/Normalisation.ts";
import { fromPixels, unit } from "../../src/data/normalise.ts";
import { normalisedBatch, normalisedRows } from "../../src/data/normalisedBatch.ts";

const set: LabelledSet = {
  kind: "labelled",
  name: "noise",
  pixels: Uint8Array.from(uniform(key("noise"), 5 * 3 * 4 * 6, 0, 256)),
  shape: [5, 3, 4, 6],
  labels: Int32Array.of(0, 1, 0, 1, 2),
  classes: 3,
};
const identity = (n: number) => Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
const mean = uniform(key("mean"), 72);
const zca: Normalisation = { kind: "zca", whitening: { mean, matrix: identity(72), inverse: identity(72) } };

describe("normalisedBatch", () => {
  it.each([
    ["unit", unit],
    ["cifar-10", knownNormalisations["cifar-10"]],
    ["zca", zca],
  ])("has the same bits as normalising the whole set (%s)", (_, normalisation) => {
    const whole = fromPixels(distilledFromPixels(set).images, set.shape, normalisation);
    expect(normalisedBatch(set, 0, 5, normalisation)).toEqual(whole);
    expect(normalisedBatch(set, 1, 3, normalisation)).toEqual(whole.slice(72, 3 * 72));
    expect(normalisedRows(set, [4, 0], normalisation)).toEqual(
      Float32Array.of(...whole.slice(4 * 72), ...whole.slice(0, 72)),
    );
    expect(normalisedBatch(set, 2, 2, normalisation)).toHaveLength(0);
  });

  it("refuses rows that are not there", () => {
    expect(() => normalisedBatch(set, 4, 6, unit)).toThrow("expected part of 0 … 5, got 4 … 6");
    expect(() => normalisedRows(set, [5], unit)).toThrow("expected 0 … 4, got 5");
  });
});
