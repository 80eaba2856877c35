import { describe, expect, test } from "vitest";
import { contactSheet } from "../../src/audit/diff/contactSheet.ts";
import { diffHtml } from "../../src/audit/diff/diffHtml.ts";
import { diffSets } from "../../src/audit/diff/diffSets.ts";
import { jpegRoundTrip } from "../../src/audit/diff/jpegModel.ts";
import { child, key, normal, Stream, uniform } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { fromPixels } from "../../src/data/normalise.ts";

const seed = key("diff");
const [m, c, h, w] = [20, 3, 32, 32];
const size = c * h * w;

/** Smooth random pictures with some noise, as 8-bit pixels: what distilled images look like to a codec. */
const pixels = Float32Array.from({ length: m }).reduce<Float32Array>(
  (all, _, i) => {
    const waves = uniform(child(seed, "waves", i), 30, -3, 3);
    const noise = normal(child(seed, "noise", i), size, 0, 0.05);
    for (let j = 0; j < size; j++) {
      const [k, y, x] = [Math.floor(j / (h * w)), Math.floor(j / w) % h, j % w];
      let value = 0.5 + noise[j];
      for (let n = 0; n < 10; n++)
        value += 0.07 * Math.sin(waves[n] * (y / 6) + waves[10 + n] * (x / 6) + waves[20 + n] + k * 0.4);
      all[i * size + j] = Math.round(255 * Math.min(1, Math.max(0, value))) / 255;
    }
    return all;
  },
  new Float32Array(m * size),
) as Float32Array<ArrayBuffer>;

const labels = Int32Array.from({ length: m }, (_, i) => i % 4);
const original: DistilledSet = {
  kind: "distilled",
  name: "original",
  images: pixels,
  shape: [m, c, h, w],
  labels: { kind: "hard", classes: labels },
  classes: 4,
  normalisation: { kind: "unit" },
  metadata: {},
};
const withImages = (f: (x: number, i: number) => number, more: Partial<DistilledSet> = {}): DistilledSet => ({
  ...original,
  images: pixels.map(f),
  ...more,
});
const { mean, std } = knownNormalisations["cifar-10"];
const channel = (i: number) => Math.floor(i / (h * w)) % c;
const judge = (second: DistilledSet, first = original) => {
  const { difference } = diffSets(first, second);
  return { verdict: difference.verdict, suspicious: difference.suspicious };
};

describe("whitened sets", () => {
  const n = 4 * 8 * 8;
  const stored = pixels.subarray(0, n) as Float32Array<ArrayBuffer>;
  // A mirror, which is its own inverse, mixes all pixels of an image.
  const v = normal(child(seed, "mirror"), 64);
  const norm = v.reduce((sum, x) => sum + x * x, 0);
  const matrix = Float32Array.from({ length: 64 * 64 }, (_, i) => {
    const [row, column] = [Math.floor(i / 64), i % 64];
    return (row === column ? 1 : 0) - (2 * v[row] * v[column]) / norm;
  });
  const whitening = { mean: new Float32Array(64).fill(0.5), matrix, inverse: matrix };
  const whitened = (images: Float32Array<ArrayBuffer>, known = true): DistilledSet => {
    const space = { kind: "zca", whitening } as const;
    const shape = [4, 1, 8, 8] as const;
    return {
      ...original,
      shape,
      images: fromPixels(images, shape, space),
      labels: { kind: "hard", classes: labels.subarray(0, 4) },
      normalisation: known ? space : { kind: "zca" },
    };
  };
  const patched = stored.map((x, i) => (i % 64 >= 48 && i % 8 >= 5 ? 1 : x));

  test("are compared as pictures: a patch shows where it is", () => {
    const { difference } = diffSets(whitened(stored), whitened(patched));
    expect(difference.place).toMatchObject({ top: 6, bottom: 7, left: 5, right: 7 });
    const pixelsOnly = { ...whitened(stored), images: stored, normalisation: { kind: "unit" } } as const;
    expect(judge(whitened(stored), pixelsOnly).suspicious).toBe(false);
  });

  test("are compared as they are stored where their matrix is not known", () => {
    const { difference } = diffSets(whitened(stored, false), whitened(patched, false));
    expect(difference.suspicious).toBe(true);
    expect(difference.place).not.toMatchObject({ top: 6, bottom: 7, left: 5, right: 7 });
  });
});

describe("harmless differences", () => {
  test.each<[string, DistilledSet, string]>([
    ["the same", original, "same tensors"],
    ["other metadata", { ...original, metadata: { a: 1 } }, "same tensors"],
    ["8 bits as single precision", withImages((x) => Math.fround(x)), "same tensors"],
    ["half precision", withImages((x) => Math.round(x * 1024) / 1024), "re-encoding"],
    [
      "mean and deviation applied, said",
      withImages((x, i) => (x - mean[channel(i)]) / std[channel(i)], {
        normalisation: knownNormalisations["cifar-10"],
      }),
      "re-encoding",
    ],
    [
      "mean and deviation applied, not said",
      withImages((x, i) => (x - mean[channel(i)]) / std[channel(i)], { normalisation: { kind: "unknown" } }),
      "normalisation",
    ],
    [
      "scaled to −1 … 1, not said",
      withImages((x) => 2 * x - 1, { normalisation: { kind: "unknown" } }),
      "normalisation",
    ],
  ])("%s", (_, second, verdict) => {
    expect(judge(second)).toEqual({ verdict, suspicious: false });
  });

  test("values beyond black and white, cut off and rounded", () => {
    const wild = withImages((x) => 1.6 * x - 0.3);
    const eight = { ...wild, images: wild.images.map((x) => Math.round(255 * Math.min(1, Math.max(0, x))) / 255) };
    expect(judge(eight, wild)).toEqual({ verdict: "re-encoding", suspicious: false });
  });

  test.each([60, 75, 90, 95])("JPEG of quality %i", (quality) => {
    const images = new Float32Array(m * size);
    for (let i = 0; i < m; i++) {
      const planes = pixels.subarray(i * size, (i + 1) * size).map((x) => Math.round(255 * x));
      images.set(
        jpegRoundTrip({ planes, channels: c, height: h, width: w }, { quality, subsampled: true }).map((x) => x / 255),
        i * size,
      );
    }
    const { difference } = diffSets(original, { ...original, images });
    expect(difference).toMatchObject({
      verdict: "re-encoding",
      suspicious: false,
      reason: expect.stringContaining(`quality ${quality}`),
    });
    // A patch on top of the compressed copy is still seen.
    images.subarray(3 * size, 3 * size + 3).fill(1);
    const patched = diffSets(original, { ...original, images }).difference;
    if (Math.abs(pixels[3 * size] - 1) > 0.3) expect(patched.images[3].kind).toBe("edited");
  });

  test("another order is found and is no editing", () => {
    const order = Array.from({ length: m }, (_, i) => (i * 7) % m);
    const shuffled = withImages((_, i) => pixels[order[Math.floor(i / size)] * size + (i % size)], {
      labels: { kind: "hard", classes: Int32Array.from(order, (i) => labels[i]) },
    });
    const { difference } = diffSets(original, shuffled);
    expect(difference).toMatchObject({
      verdict: "same images",
      suspicious: false,
      relabelled: 0,
      removed: [],
      added: [],
    });
    expect(difference.reordered).toBeGreaterThan(5);
    expect(difference.images.map((pair) => order[pair.b])).toEqual(difference.images.map((pair) => pair.a));
  });
});

describe("editing", () => {
  test("a patch is found, with its images, its class and its place", () => {
    const patched = withImages((x, i) => {
      const [image, y, q] = [Math.floor(i / size), Math.floor(i / w) % h, i % w];
      return image % 4 === 2 && y >= 27 && y < 30 && q >= 2 && q < 5 ? 1 : x;
    });
    const { difference } = diffSets(original, patched);
    expect(difference).toMatchObject({
      verdict: "editing",
      suspicious: true,
      place: { top: 27, bottom: 29, left: 2, right: 4 },
    });
    expect(difference.classes.map((row) => row.edited)).toEqual([0, 0, 5, 0]);
    expect(difference.images.filter((image) => image.kind === "edited").map((image) => image.a % 4)).toEqual([
      2, 2, 2, 2, 2,
    ]);
  });

  test.each([
    ["one step of one value", (x: number, i: number) => (i === 5 ? x + 1 / 255 : x)],
    ["a hundredth of a step of one value", (x: number, i: number) => (i === 5 ? x + 0.01 / 255 : x)],
    ["noise of two steps", (x: number, i: number) => x + ((new Stream(child(seed, i)).word() & 1) * 4 - 2) / 255],
    ["a blended picture", (x: number, i: number) => 0.9 * x + 0.1 * (i % 7 < 3 ? 1 : 0)],
  ])("%s", (_, change) => {
    expect(judge(withImages(change))).toEqual({ verdict: "editing", suspicious: true });
  });

  test("an edit survives neither a normalisation nor 8 bits unseen", () => {
    const edited = withImages((x, i) => ((i % size < 4 ? 1 : x) - mean[channel(i)]) / std[channel(i)], {
      normalisation: { kind: "unknown" },
    });
    const { difference } = diffSets(original, edited);
    expect(difference).toMatchObject({ verdict: "editing", normalisation: { name: "cifar-10" } });
    expect(difference.place).toEqual({ top: 0, bottom: 0, left: 0, right: 3 });
  });

  test("labels, also soft ones", () => {
    const relabelled = {
      ...original,
      labels: { kind: "hard" as const, classes: labels.map((k, i) => (i === 4 ? 3 : k)) },
    };
    expect(diffSets(original, relabelled).difference).toMatchObject({ suspicious: true, relabelled: 1 });
    const soft = (p: number): DistilledSet => ({
      ...original,
      labels: {
        kind: "soft",
        form: "probabilities",
        values: Float32Array.from({ length: m * 4 }, (_, i) => (i % 4 === Math.floor(i / 4) % 4 ? p : (1 - p) / 3)),
      },
    });
    expect(diffSets(soft(0.7), soft(0.6)).difference).toMatchObject({ suspicious: true, relabelled: m });
    expect(judge(soft(0.7), soft(0.7))).toEqual({ verdict: "same tensors", suspicious: false });
  });

  test("removed and added images", () => {
    const pick = (order: number[]) => ({
      ...original,
      images: Float32Array.from(order.flatMap((i) => [...pixels.subarray(i * size, (i + 1) * size)])),
      shape: [order.length, c, h, w] as const,
      labels: { kind: "hard" as const, classes: Int32Array.from(order, (i) => labels[i]) },
    });
    const all = Array.from({ length: m }, (_, i) => i);
    expect(diffSets(original, pick(all.filter((i) => i !== 6))).difference).toMatchObject({
      suspicious: true,
      removed: [6],
      added: [],
      reordered: 0,
    });
    expect(diffSets(pick(all.slice(0, 18)), original).difference).toMatchObject({
      suspicious: true,
      removed: [],
      added: [18, 19],
    });
  });

  test("images of another size cannot be compared", () => {
    expect(() =>
      diffSets(original, {
        ...original,
        shape: [m * 4, 3, 16, 16],
        labels: { kind: "hard", classes: new Int32Array(m * 4) },
      }),
    ).toThrow(/expected images of one size/);
  });
});

test("the page and the sheet show what changed; names cannot become markup", () => {
  const edited = withImages((x, i) => (i < 3 ? 1 - x : x), {
    name: "<script>alert(1)</script>",
    metadata: { tampered: "<b>" },
  });
  const diffed = diffSets(original, edited);
  expect(contactSheet(diffed)?.length).toBeGreaterThan(1000);
  expect(contactSheet(diffSets(original, original))).toBeUndefined();
  const html = diffHtml(diffed);
  expect(html).not.toContain("<script");
  expect(html).toContain("&lt;script&gt;");
  expect(html).toContain("says of itself that it was backdoored: &quot;&lt;b&gt;&quot;");
  expect(html.match(/<img /g)?.length).toBe(4);
});
