import { expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { decodeTensor } from "../../src/distill/common/decodeTensor.ts";
import { decodeImages, encodeImages } from "../../src/distill/common/multiFormation.ts";
import { condensationOptions, withLoops } from "../../src/distill/gradientMatching/condensationOptions.ts";
import * as methods from "../../src/distill/methods.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";

it.each([1, 2, 4])("factor %i: program and arrays cut and enlarge alike", async (factor) => {
  const images = normal(key("images"), 3 * 2 * 8 * 8);
  await using decode = await compile((x) => decodeTensor(x, factor), [f32(3, 2, 8, 8)]);
  const [seen, expected] = [(await decode(images)) as Float32Array, decodeImages(images, [3, 2, 8, 8], factor)];
  expect(expected).toHaveLength(images.length * factor ** 2);
  expected.forEach((v, i) => {
    expect(seen[i]).toBeCloseTo(v, 5);
  });
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
