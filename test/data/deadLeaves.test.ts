import fc from "fast-check";
import { expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import { deadLeaves } from "../../src/data/generators/deadLeaves.ts";

it("paints pixels, the same for the same key, and a longer row begins with a shorter one", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(1, 3),
      fc.integer({ min: 4, max: 12 }),
      (seed, n, c, side) => {
        const images = deadLeaves(key(seed), n, [c, side, side + 1]);
        expect(images).toHaveLength(n * c * side * (side + 1));
        expect(images.every((v) => v >= 0 && v <= 1)).toBe(true);
        expect(deadLeaves(key(seed), n + 1, [c, side, side + 1]).subarray(0, images.length)).toEqual(images);
      },
    ),
    { numRuns: 20 },
  );
});

it("has the spectrum of photographs: neighbours agree, and agree less the farther they are", () => {
  const [n, side] = [64, 32];
  const images = deadLeaves(key(1), n, [1, side, side]);
  const mean = images.reduce((a, b) => a + b, 0) / images.length;
  const covariance = (lag: number) => {
    let sum = 0;
    for (let i = 0; i < n * side; i++)
      for (let x = 0; x + lag < side; x++) sum += (images[i * side + x] - mean) * (images[i * side + x + lag] - mean);
    return sum / (n * side * (side - lag));
  };
  const correlation = [1, 4, 12].map((lag) => covariance(lag) / covariance(0));
  expect(correlation[0]).toBeGreaterThan(0.85);
  expect(correlation[1]).toBeLessThan(correlation[0]);
  expect(correlation[2]).toBeLessThan(correlation[1]);
});
