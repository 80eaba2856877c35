import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import { key } from "../../src/core/random.ts";
import { inkLine } from "../../src/data/generators/inkCoverage.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import { polyline } from "../../src/data/generators/strokeTemplates.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";

const size = 3 * 32 * 32;

describe("strokes", () => {
  test("a longer set begins with a shorter one, and classes take turns", () => {
    const long = strokes("train", 40);
    const short = strokes("train", 15);
    expect(long.shape).toEqual([40, 3, 32, 32]);
    expect(long.pixels.subarray(0, 15 * size)).toEqual(short.pixels);
    expect([...long.labels]).toEqual(Array.from({ length: 40 }, (_, i) => i % 10));
    expect(new Set(long.classNames).size).toBe(long.classes);
  });

  test("same key, same bytes; another key or split, other pictures", () => {
    expect(strokes("train", 5).pixels).toEqual(strokes("train", 5).pixels);
    const seen = new Set<string>();
    for (const set of [strokes("train", 20), strokes("test", 20), strokes("train", 20, key("other"))])
      for (let i = 0; i < 20; i++) seen.add(sha256Hex(set.pixels.subarray(i * size, (i + 1) * size)));
    expect(seen.size).toBe(60);
  });

  test("the default set is the one that results were measured on", () => {
    expect(sha256Hex(strokes("train", 100).pixels)).toBe(
      "f2ba9914303ded32c241ce62ddeec109e5665facc56cf3cb94ecaa231db656a2",
    );
    expect(sha256Hex(strokes("test", 100).pixels)).toBe(
      "5605da552cacd867e0135dca615364330747166aa2611191de113888bc352b07",
    );
  });

  test("its normalisation is its own mean and deviation", () => {
    const { pixels } = strokes("train", 10_000);
    const { mean, std } = knownNormalisations.strokes;
    for (let c = 0; c < 3; c++) {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < 10_000; i++)
        for (let j = 0; j < 1024; j++) {
          const value = pixels[i * size + c * 1024 + j] / 255;
          sum += value;
          squares += value * value;
        }
      const average = sum / 1.024e7;
      expect(average).toBeCloseTo(mean[c], 4);
      expect(Math.sqrt(squares / 1.024e7 - average ** 2)).toBeCloseTo(std[c], 4);
    }
  });

  test("classes differ by shape: the mean picture of a class recognises it above chance, its colour does not", () => {
    const train = strokes("train", 3000);
    const test = strokes("test", 1000);
    const nearest = (feature: (pixels: Uint8Array) => Float64Array) => {
      const means = Array.from({ length: 10 }, () => feature(new Uint8Array(size)).fill(0));
      for (let i = 0; i < 3000; i++)
        feature(train.pixels.subarray(i * size, (i + 1) * size)).forEach((v, j) => {
          means[i % 10][j] += v / 300;
        });
      let right = 0;
      for (let i = 0; i < 1000; i++) {
        const x = feature(test.pixels.subarray(i * size, (i + 1) * size));
        const away = means.map((m) => m.reduce((sum, v, j) => sum + (v - x[j]) ** 2, 0));
        if (away.indexOf(Math.min(...away)) === i % 10) right++;
      }
      return right / 1000;
    };
    const colour = (pixels: Uint8Array) =>
      Float64Array.from([0, 1, 2], (c) => pixels.subarray(c * 1024, (c + 1) * 1024).reduce((s, v) => s + v, 0) / 1024);
    // Grey, without its own mean and scaled to one length: what is left is shape.
    const shape = (pixels: Uint8Array) => {
      const grey = Float64Array.from({ length: 1024 }, (_, i) => pixels[i] + pixels[1024 + i] + pixels[2048 + i]);
      const mean = grey.reduce((s, v) => s + v, 0) / 1024;
      const norm = Math.hypot(...grey.map((v) => v - mean)) || 1;
      return grey.map((v) => (v - mean) / norm);
    };
    expect(nearest(shape)).toBeGreaterThan(0.35);
    expect(nearest(colour)).toBeLessThan(0.16);
  });
});

describe("drawing", () => {
  test("a line covers what its pen touches and nothing else", () => {
    const coverage = new Float32Array(64);
    inkLine(
      coverage,
      8,
      [
        [1.5, 3.5],
        [6.5, 3.5],
      ],
      0.5,
    );
    const rows = Array.from({ length: 8 }, (_, r) => [...coverage.subarray(8 * r, 8 * r + 8)]);
    expect(rows[3]).toEqual([0, 1, 1, 1, 1, 1, 1, 0]);
    for (const r of [0, 1, 2, 4, 5, 6, 7]) expect(rows[r].every((v) => v === 0)).toBe(true);
  });

  test("ink off the canvas is no error", () => {
    const coverage = new Float32Array(16);
    inkLine(
      coverage,
      4,
      [
        [-9, -9],
        [-5, 20],
      ],
      2,
    );
    expect(coverage.every((v) => v === 0)).toBe(true);
  });

  test("a smooth stroke passes through its points", () => {
    const points = [
      [0, 0],
      [1, 2],
      [3, 1],
    ] as const;
    const line = polyline({ points, smooth: true }, 5);
    expect(line.length).toBe(11);
    expect([line[0], line[5], line[10]]).toEqual(points);
    expect(polyline({ points, smooth: false }, 5)).toEqual(points);
  });
});
