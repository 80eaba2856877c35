import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LabelledSet } from "../../../src/data/LabelledSet.ts";
import { fromPixels } from "../../../src/data/normalise.ts";
import { fitZca } from "../../../src/data/zca.ts";
import { fitWhitening } from "../../../src/disk/whitening/fitWhitening.ts";
import { cpu } from "../../attack/tiny.ts";
import { build, type DetSpec } from "../../golden/det.ts";
import { golden, relativeError, type Summary } from "../../golden/summary.ts";

const epsilon = 0.1;

function labelled(pixels: Uint8Array<ArrayBuffer>, [c, h, w]: readonly [number, number, number]): LabelledSet {
  const n = pixels.length / (c * h * w);
  return { kind: "labelled", name: "few", pixels, shape: [n, c, h, w], labels: new Int32Array(n), classes: 1 };
}

describe("against PyTorch's singular value decomposition", () => {
  const given = golden<
    { noise: DetSpec; level: DetSpec; share: number; bytes: { first: number[]; sum: number } } & Record<
      "mean" | "matrix" | "inverse" | "whitened",
      Summary
    >
  >("whitening.json");
  const [noise, level] = [build(given.noise), build(given.level)];
  const pixels = Uint8Array.from(noise, (v, i) =>
    Math.floor(256 * (given.share * level[Math.floor(i / 27)] + (1 - given.share) * v)),
  );
  const set = labelled(pixels, [3, 3, 3]);

  it("begins with the same pictures", () => {
    expect([...pixels.subarray(0, 16)]).toEqual(given.bytes.first);
    expect(pixels.reduce((a, b) => a + b, 0)).toBe(given.bytes.sum);
  });

  it("has the same mean, matrix and inverse, and whitens to the same numbers", async () => {
    const whitening = await fitWhitening(set, { epsilon, device: cpu });
    for (const part of ["mean", "matrix", "inverse"] as const)
      expect(relativeError(given[part], whitening[part]), part).toBeLessThan(2e-6);
    const unit = Float32Array.from(pixels, (byte) => byte / 255);
    const whitened = fromPixels(unit, set.shape, { kind: "zca", whitening });
    expect(relativeError(given.whitened, whitened)).toBeLessThan(2e-6);
  });
});

it("agrees with eigenvectors in double precision, whatever the pictures", async () => {
  const bytes = fc.uint8Array({ minLength: 3 * 12, maxLength: 9 * 12 });
  await fc.assert(
    fc.asyncProperty(bytes, async (drawn) => {
      const pixels = Uint8Array.from(drawn.subarray(0, drawn.length - (drawn.length % 12)));
      const set = labelled(pixels, [3, 2, 2]);
      const direct = fitZca(
        Float32Array.from(pixels, (byte) => byte / 255),
        set.shape,
      );
      const { mean, matrix, inverse } = await fitWhitening(set, { epsilon, device: cpu });
      const apart = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));
      expect(apart(mean, direct.mean)).toBeLessThan(1e-6);
      expect(apart(matrix, direct.matrix)).toBeLessThan(2e-5);
      expect(apart(inverse, direct.inverse)).toBeLessThan(1e-5);
    }),
    { numRuns: 25 },
  );
});

it("sums over more than one chunk of images", async () => {
  const chunk = 1000;
  const image = (i: number) => [(i * 37) % 256, (i * 91) % 256, (i * 53) % 256, i % 256];
  const many = Uint8Array.from(Array.from({ length: chunk + 7 }, (_, i) => image(i)).flat());
  const set = labelled(many, [1, 2, 2]);
  const seen: number[] = [];
  const { matrix } = await fitWhitening(set, {
    epsilon,
    device: cpu,
    onProgress: (done, total) => seen.push(done / total),
  });
  const covariance = (j: number, k: number) => {
    const column = (at: number) => Array.from({ length: chunk + 7 }, (_, i) => many[4 * i + at] / 255);
    const [a, b] = [column(j), column(k)];
    const mean = (list: number[]) => list.reduce((x, y) => x + y) / list.length;
    const [ma, mb] = [mean(a), mean(b)];
    return a.reduce((sum, v, i) => sum + (v - ma) * (b[i] - mb), 0) / (chunk + 6);
  };
  // Z (C + ε I) Z = I
  for (let i = 0; i < 4; i++)
    for (let l = 0; l < 4; l++) {
      let sum = 0;
      for (let j = 0; j < 4; j++)
        for (let k = 0; k < 4; k++)
          sum += matrix[4 * i + j] * (covariance(j, k) + (j === k ? epsilon : 0)) * matrix[4 * k + l];
      expect(sum).toBeCloseTo(i === l ? 1 : 0, 5);
    }
  expect(seen.at(-1)).toBe(1);
});

it("one image has no covariance, and pictures can be too large", async () => {
  await expect(fitWhitening(labelled(new Uint8Array(4), [1, 2, 2]), { epsilon })).rejects.toThrow(
    "whitening: invalid set: expected at least 2 images to fit, got 1",
  );
  await expect(fitWhitening(labelled(new Uint8Array(2 * 12288), [3, 64, 64]), { epsilon })).rejects.toThrow(
    "expected at most 4107 numbers a picture, got 12288",
  );
});

it("stops when it is told to", async () => {
  const stop = new AbortController();
  const set = labelled(
    Uint8Array.from({ length: 40 }, (_, i) => (i * 77) % 256),
    [1, 2, 2],
  );
  const fit = fitWhitening(set, { epsilon, device: cpu, signal: stop.signal, onProgress: () => stop.abort("enough") });
  await expect(fit).rejects.toBe("enough");
});
