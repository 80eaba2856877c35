import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shareOutOfGamut } from "../../src/metrics/gamut.ts";
import { maxAbsDifference, psnr } from "../../src/metrics/psnr.ts";
import { ssim } from "../../src/metrics/ssim.ts";
import { stealth } from "../../src/metrics/stealth.ts";
import golden from "./golden/metrics.json" with { type: "json" };

type Shape = readonly [number, number, number, number];

/** The same picture that golden/make.py draws. */
function image([n, c, h, w]: Shape, a: number, b: number): Float32Array {
  return Float32Array.from(
    { length: n * c * h * w },
    (_, i) => ((i * i * a + i * b + Math.floor(i / w) * 7) % 251) / 250,
  );
}

/** y = 0.7 x + 0.3 z with NumPy's float32 roundings. */
function mixed(shape: Shape): { x: Float32Array; y: Float32Array } {
  const x = image(shape, 3, 17);
  const z = image(shape, 5, 29);
  const f = Math.fround;
  return { x, y: x.map((value, i) => f(f(f(0.7) * value) + f(f(0.3) * z[i]))) };
}

describe("SSIM and PSNR", () => {
  test.each(golden.ssim)("equal NumPy's on $shape", ({ shape, ssim: expected, psnr: decibels }) => {
    const { x, y } = mixed(shape as unknown as Shape);
    const measured = ssim(x, y, shape as unknown as Shape);
    expect(measured.length).toBe(expected.length);
    for (const [i, value] of measured.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(1e-6);
    expect(Math.abs(psnr(x, y) - decibels)).toBeLessThan(1e-5);
  });

  const picture = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 150, maxLength: 150 });
  prop.prop([picture, picture])("SSIM is 1 for equal pictures, symmetric and at most 1", (a, b) => {
    const [x, y] = [Float32Array.from(a), Float32Array.from(b)];
    const shape = [1, 1, 15, 10] as const;
    expect(ssim(x, x, shape)[0]).toBeCloseTo(1, 9);
    expect(ssim(x, y, shape)[0]).toBeCloseTo(ssim(y, x, shape)[0], 12);
    expect(ssim(x, y, shape)[0]).toBeLessThanOrEqual(1 + 1e-9);
  });

  test("a known difference gives known decibels", () => {
    const zero = new Float32Array(100);
    expect(psnr(zero, zero)).toBe(Infinity);
    expect(
      psnr(
        zero,
        zero.map(() => 1),
      ),
    ).toBe(0);
    expect(
      psnr(
        zero,
        zero.map(() => 0.125),
      ),
    ).toBeCloseTo(18.0618, 4);
    expect(maxAbsDifference(Float32Array.of(1, -2), Float32Array.of(1, 0.5))).toBe(2.5);
    expect(() => psnr(zero, new Float32Array(99))).toThrow("expected two of one size, got 100 and 99 numbers");
    expect(() => ssim(zero, zero, [1, 1, 10, 11])).toThrow("expected 110 numbers, got 100");
  });
});

describe("gamut", () => {
  test("counts what no picture can hold, not what float32 rounds", () => {
    expect(shareOutOfGamut([0, 1, 0.5, 1.5])).toBe(0.25);
    expect(shareOutOfGamut([-0.1, Number.NaN])).toBe(1);
    expect(shareOutOfGamut([])).toBe(0);
    const [mean, std] = [Math.fround(0.4914), Math.fround(0.2023)];
    const white = Math.fround(Math.fround((1 - mean) / std) * std + mean);
    expect(shareOutOfGamut([white, 0, 1])).toBe(0);
    expect(shareOutOfGamut([1 + 1 / 255])).toBe(1);
  });
});

test("stealth compares in pixel units and survives JSON", () => {
  const shape = [2, 1, 12, 12] as const;
  const clean = image(shape, 3, 17);
  const tampered = clean.map((value, i) => (i === 5 ? 3.5 : value));
  const measured = stealth(clean, tampered, shape);
  expect(measured.outOfGamut).toEqual({ clean: 0, tampered: 1 / 288 });
  expect(measured.maxAbsDifference).toBeCloseTo(3.5 - clean[5], 6);
  expect(measured.ssim).toBeLessThan(1);
  const same = stealth(clean, clean, shape);
  expect(JSON.parse(JSON.stringify(same))).toEqual(same);
  expect(same.psnr).toBe(null);
});
