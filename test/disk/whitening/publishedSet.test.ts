import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { DistilledSet } from "../../../src/data/DistilledSet.ts";
import type { ZcaWhitening } from "../../../src/data/Normalisation.ts";
import { toPixels } from "../../../src/data/normalise.ts";
import { fileSource } from "../../../src/disk/fileSource.ts";
import { dataFolder } from "../../../src/disk/getDataset.ts";
import { openDistilled } from "../../../src/disk/openDistilled.ts";
import { openedNormalisation } from "../../../src/disk/whitening/namedWhitening.ts";
import { cpu } from "../../attack/tiny.ts";
import { sharedData } from "../../shared.ts";
import { skip } from "../../skip.ts";

const path = sharedData("distilled/DD-Ranking/DATM/CIFAR10_ZCA/IPC10");
const raw = existsSync(join(dataFolder(), "cifar-10"));
const missing = path === undefined ? "no published whitened set (RETORT_SHARED)" : "no CIFAR-10 (RETORT_DATA)";
const here = path !== undefined && raw;
if (!here) console.warn(`skipped: ${missing}`);

/** The first use fits the whitening of 50 000 images. */
const MINUTES = 60_000;

describe.skipIf(skip(!here, "no published sets here"))("the published DATM set of CIFAR-10, 10 images a class", () => {
  let set: DistilledSet;
  let whitening: ZcaWhitening;
  beforeAll(async () => {
    const normalisation = await openedNormalisation("zca-cifar-10", "test", { device: cpu });
    if (normalisation.kind !== "zca" || !normalisation.whitening) throw new Error("no whitening");
    whitening = normalisation.whitening;
    ({ set } = await openDistilled(await fileSource(path!), { normalisation }, path!, "test"));
  }, 15 * MINUTES);

  // NumPy 1.24, float64: w, V = eigh(cov(x / 255)); V (w + 0.1)^(∓1/2) Vᵀ.
  const places = [0, 1, 500 * 3072 + 1524, 1500 * 3072 + 1532, 3071 * 3073];

  it("whitens as NumPy's eigenvectors do", () => {
    const expected = {
      mean: [
        [0, 0.5125862745098039],
        [1000, 0.5006872156862745],
        [2500, 0.4420538823529412],
      ],
      matrix: [3.016192995162112, -0.10687961275141153, -0.1229033148098987, -0.08557357460912025, 3.024869358538981],
      inverse: [0.350784160764127, 0.030042755585725354, 0.028897359924399606, 0.02379596985097, 0.3479291698282087],
    };
    for (const [at, value] of expected.mean) expect(whitening.mean[at]).toBeCloseTo(value, 6);
    places.forEach((at, i) => {
      expect(Math.abs(whitening.matrix[at] - expected.matrix[i]), `matrix ${i}`).toBeLessThan(3e-5);
      expect(Math.abs(whitening.inverse[at] - expected.inverse[i]), `inverse ${i}`).toBeLessThan(3e-6);
    });
  });

  it("shows photographs once its whitening is undone", () => {
    const pixels = toPixels(set.images, set.shape, set.normalisation);
    expect(set.shape).toEqual([100, 3, 32, 32]);
    // Stored, neighbours hardly agree; as pictures they do as in photographs, at about twice their contrast.
    expect(neighbours(set.images)).toBeCloseTo(0.5089, 3);
    expect(neighbours(pixels)).toBeCloseTo(0.9342, 3);
    const mean = pixels.reduce((a, b) => a + b, 0) / pixels.length;
    expect(mean).toBeCloseTo(0.43352, 4);
    expect(Math.sqrt(pixels.reduce((a, b) => a + (b - mean) ** 2, 0) / pixels.length)).toBeCloseTo(0.61187, 4);
    [1.00860467, 0.89597392, 0.978717, 1.00070143, 1.11222381].forEach((value, i) => {
      expect(pixels[i]).toBeCloseTo(value, 4);
    });
  });
});

/** Correlation of horizontal neighbours in pictures 32 wide. */
function neighbours(images: Float32Array): number {
  const [a, b]: [number[], number[]] = [[], []];
  images.forEach((v, i) => {
    if (i % 32 === 31) return;
    a.push(v);
    b.push(images[i + 1]);
  });
  const mean = (list: number[]) => list.reduce((x, y) => x + y) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (x: number[], mx: number, y: number[], my: number) =>
    x.reduce((sum, v, i) => sum + (v - mx) * (y[i] - my), 0);
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
}
