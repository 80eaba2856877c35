import { expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { decodeAdjoint, decodeImages, encodeImages } from "../../src/distill/common/multiFormation.ts";
import { showAdjoint, showImages } from "../../src/distill/common/showImages.ts";
import { condensationOptions, withLoops } from "../../src/distill/gradientMatching/condensationOptions.ts";
import * as methods from "../../src/distill/methods.ts";

it.each([1, 2, 4])("factor %i: the way back is the transpose of cutting and enlarging", (factor) => {
  const shape = [3, 2, 8, 8] as const;
  const [images, cotangent] = [
    normal(key("images"), 3 * 2 * 8 * 8),
    normal(key("cotangent"), 3 * 2 * 8 * 8 * factor ** 2),
  ];
  const [seen, back] = [decodeImages(images, shape, factor), decodeAdjoint(cotangent, shape, factor)];
  const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  expect(back).toHaveLength(images.length);
  const scale = Math.sqrt(inner(seen, seen) * inner(cotangent, cotangent));
  expect(Math.abs(inner(seen, cotangent) - inner(images, back))).toBeLessThan(1e-6 * scale);
});

it("what networks see of pixels, and the way back through all of it", () => {
  const draws = [
    { operator: "scale" as const, uy: [0.2], ux: [0.9] },
    undefined,
    { operator: "color" as const, brightnessU: [0.5], saturationU: [0.8], contrastU: [0.3] },
  ];
  const pixels = { low: [-1, -2], high: [1, 3] };
  const showing = { shape: [3, 2, 8, 8] as const, factor: 2, draws, pixels };
  const [images, cotangent] = [normal(key("images"), 3 * 2 * 64), normal(key("cotangent"), 3 * 2 * 64 * 4)];
  const nothing = showImages(new Float32Array(images.length), showing);
  const linear = showImages(images, showing).map((v, i) => v - nothing[i]);
  const back = showAdjoint(cotangent, showing);
  const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const scale = Math.sqrt(inner(linear, linear) * inner(cotangent, cotangent));
  expect(Math.abs(inner(linear, cotangent) - inner(images, back))).toBeLessThan(1e-6 * scale);
  const normalised = images.map((x, i) => (Math.floor(i / 64) % 2 ? -2 + 5 * x : -1 + 2 * x));
  expect(showImages(images, { ...showing, draws: [] })).toEqual(decodeImages(normalised, [3, 2, 8, 8], 2));
});

it("parts come back in their order: what was put into an image is what is cut out of it", () => {
  // Pictures of one value each survive shrinking and enlarging.
  const values = [1, 2, 3, 4, 5, 6, 7, 8];
  const flat = Float32Array.from({ length: 8 * 16 }, (_, i) => values[Math.floor(i / 16)]);
  const packed = encodeImages(flat, [8, 1, 4, 4], 2);
  expect([...packed.subarray(0, 16)]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
  expect(decodeImages(packed, [2, 1, 4, 4], 2)).toEqual(flat);
});

it("the published loops by images per class, where none are given", () => {
  const loops = (more: object) => {
    const { outer, inner } = withLoops(condensationOptions.parse(more));
    return [outer, inner];
  };
  const published = [1, 10, 20, 30, 40, 50].map((ipc) => loops({ ipc }));
  expect(published).toEqual([
    [1, 1],
    [10, 50],
    [20, 25],
    [30, 20],
    [40, 15],
    [50, 10],
  ]);
  expect(loops({ ipc: 9 })).toEqual([1, 1]);
  expect(loops({ ipc: 100 })).toEqual([50, 10]);
  expect(loops({ ipc: 10, inner: 3 })).toEqual([10, 3]);
});

it("a factor that does not divide the side is refused, and too few images to fill it", () => {
  const set: LabelledSet = {
    kind: "labelled",
    name: "x",
    pixels: new Uint8Array(6 * 64),
    shape: [6, 1, 8, 8],
    labels: Int32Array.of(0, 0, 0, 1, 1, 1),
    classes: 2,
  };
  for (const name of [
    "datasetCondensation",
    "siameseCondensation",
    "distributionMatching",
    "attentionMatching",
    "characteristicMatching",
  ] as const) {
    const method = methods[name];
    const check = (more: object) => () => method.check(set, method.options.parse({ ipc: 1, ...more }) as never);
    expect(check({ factor: 3 })).toThrow(`${name}: invalid factor: expected a divisor of the image side 8, got 3`);
    expect(check({ factor: 2, init: "real" })).toThrow("ipc: expected at most 3");
    expect(check({ factor: 2, init: "noise" })).not.toThrow();
  }
});
