import { describe, expect, it } from "vitest";
import { auditedSet } from "../../src/audit/AuditedSet.ts";
import { detectorsOf } from "../../src/audit/auditSet.ts";
import { detectorRegistry, detectorsAt } from "../../src/audit/detectorRegistry.ts";
import { twoClusters } from "../../src/audit/detectors/clustered.ts";
import type { DetectorContext } from "../../src/audit/detectors/Detector.ts";
import { firstComponent } from "../../src/audit/detectors/features.ts";
import { largestMargins } from "../../src/audit/largestMargins.ts";
import { cutLike, pasted } from "../../src/audit/Patch.ts";
import { mostPasted, pastedScore } from "../../src/audit/pastedSquares.ts";
import { knownStamps, planted } from "../../src/audit/power.ts";
import { defaultAudit, levels } from "../../src/audit/settings.ts";
import { flatStarts, lineStarts, spreadStarts } from "../../src/audit/starts.ts";
import { coveredBy } from "../../src/audit/supportDrop.ts";
import { key, normal } from "../../src/core/random.ts";
import { type DistilledSet, defineDetector, register } from "../../src/index.ts";
import { mean, mul } from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { cpu, tinySet } from "../attack/tiny.ts";

const noise: DistilledSet = {
  ...tinySet(30),
  images: normal(key("noise"), 30 * 192, 0.5, 0.1),
  normalisation: { kind: "unit" },
};

/** What reads only the images needs no more. */
const ask = (name: string, set: DistilledSet) =>
  detectorRegistry[name].run({ audited: auditedSet(set) } as unknown as DetectorContext);

/** The noise with a square of one value in some images. */
function stamped(images: readonly number[], value: number, top = 2, left = 3): DistilledSet {
  const out = noise.images.slice();
  for (const i of images)
    for (let k = 0; k < 3; k++)
      for (let y = top; y < top + 5; y++)
        for (let x = left; x < left + 5; x++) out[i * 192 + k * 64 + y * 8 + x] = value + (k === 0 ? 0.1 : 0);
  return { ...noise, images: out };
}

describe("the registry of detectors", () => {
  it("runs those of a level, what searches first, the transplant before the inversion", () => {
    const [quick, all, deep] = levels.map((level) => detectorsAt(level));
    expect(all).toEqual(expect.arrayContaining(quick));
    expect(deep).toEqual(expect.arrayContaining(all));
    expect(quick).not.toContain("inversion");
    expect(all.indexOf("transplant")).toBeLessThan(all.indexOf("inversion"));
    const phases = deep.map((name) => ["search", "judge", "read", "weigh"].indexOf(detectorRegistry[name].phase));
    expect(phases).toEqual([...phases].sort());
  });

  it("names what it does not know", () => {
    expect(() => detectorsOf({ ...defaultAudit, detectors: ["transplnt"] })).toThrow(/unknown detector.*transplant/);
  });

  it("takes detectors of one's own", () => {
    const darkest = defineDetector({
      ...{ title: "Darkest", source: "mine", phase: "read", level: "deep", decisive: false },
      run: async () => ({ score: 1 }),
    });
    register({ detectors: { darkest } });
    expect(detectorsAt("deep")).toContain("darkest");
    expect(() => register({ detectors: { darkest } })).toThrow(/taken/);
    expect(() => register({ detectors: { nothing: {} as never } })).toThrow(/title/);
    delete detectorRegistry.darkest;
  });
});

describe("detectors that read images", () => {
  it("class contrast names the class and the place of a stamp", async () => {
    const clean = await ask("classContrast", noise);
    const found = await ask("classContrast", stamped([10, 11, 12, 13, 14, 15], 0.9));
    expect(found).toMatchObject({ targetClass: 1, patch: { top: 2, left: 3, side: 5 } });
    expect(found.score).toBeGreaterThan(2 * clean.score);
  });

  it("gamut names the images that leave it at one place", async () => {
    expect((await ask("gamut", noise)).score).toBeLessThan(0.05);
    const found = await ask("gamut", stamped([12, 17], 2.5));
    expect(found.images).toEqual([12, 17]);
    expect(found.score).toBeGreaterThan(0.5);
  });

  it("gamut names nobody where every picture stays inside, but for rounding", async () => {
    for (const more of [0, 1e-6]) {
      const inside = noise.images.map((v) => Math.min(1, Math.max(0, v)) * (1 + more));
      expect(await ask("gamut", { ...noise, images: inside })).toEqual({ score: 0 });
    }
  });

  it("grid names images that share a patch to the last bit, and no flat black", async () => {
    expect((await ask("grid", noise)).score).toBe(0);
    expect(await ask("grid", stamped([12, 17], 0.8))).toMatchObject({ score: 2, targetClass: 1, images: [12, 17] });
    const black = noise.images.map((v, i) => (i % 64 < 48 ? 0 : v));
    expect((await ask("grid", { ...noise, images: black })).score).toBe(0);
  });
});

describe("pasted", () => {
  it("names the square, its class and every image that carries it, also at the border", async () => {
    const clean = await ask("pasted", noise);
    for (const [top, left] of [
      [2, 3],
      [3, 3],
      [0, 0],
    ]) {
      const found = await ask("pasted", stamped([10, 13, 17], 1.5, top, left));
      expect(found).toMatchObject({ targetClass: 1, images: [10, 13, 17], patch: { top, left, side: 5 } });
      expect(found.score).toBeGreaterThan(3 * clean.score);
    }
  });

  it("gives the score that its formula says", () => {
    // A square of 0.9 ± 0.1 on 0.4: it steps by half, and deviates by a tenth.
    const images = Float32Array.from({ length: 3 * 64 }, (_, i) => {
      const [y, x] = [Math.floor(i / 8) % 8, i % 8];
      return y >= 2 && y < 6 && x >= 1 && x < 5 ? 0.9 + 0.1 * (-1) ** (x + y) : 0.4;
    });
    const one = { ...tinySet(1), images, normalisation: { kind: "unit" }, shape: [1, 3, 8, 8] } as DistilledSet;
    const audited = auditedSet(one);
    const step = 0.5 * Math.sqrt(3);
    expect(pastedScore(audited, 0, { top: 2, left: 1, side: 4 })).toBeCloseTo(step / (0.1 + 0.05), 5);
    expect(pastedScore(audited, 0, { top: 0, left: 5, side: 3 })).toBe(0);
    expect(mostPasted(audited)?.square).toEqual({ top: 2, left: 1, side: 4 });
  });

  it("says nothing of a square that every class carries, as after a repair, and names another that one class does", async () => {
    const all = stamped([1, 2, 11, 12, 21, 22], 1.5);
    expect((await ask("pasted", all)).score).toBeLessThan(2 * (await ask("pasted", noise)).score);
    const more = {
      ...all,
      images: stamped([12], 1.5, 0, 0).images.map((v, i) => (v === noise.images[i] ? all.images[i] : v)),
    };
    expect(await ask("pasted", more)).toMatchObject({ targetClass: 1, images: [12], patch: { top: 0, left: 0 } });
  });

  it("says nothing of pictures of one colour", async () => {
    const flat = { ...noise, images: new Float32Array(noise.images.length).fill(0.3) };
    expect(await ask("pasted", flat)).toEqual({ score: 0 });
  });
});

describe("stands out", () => {
  const weigh = (ofClass: number[][]) =>
    detectorRegistry.standsOut.run({
      audited: { classes: ofClass[0]?.length ?? 2 },
      findings: [{ score: 1 }, ...ofClass.map((rates) => ({ score: 1, ofClass: rates }))],
      found: [],
    } as unknown as DetectorContext);

  it("is what the class that is called most easily has beyond the middle one of the others, over all searches", async () => {
    const found = await weigh([
      [0.1, 0.6, 0.3, 0.2],
      [0.2, 0.5, 0.1, 0.4],
    ]);
    expect(found).toMatchObject({ targetClass: 1, score: expect.closeTo(1.1 - 0.4, 6) });
    expect((await weigh([[0.6, 0.9]])).score).toBeCloseTo(0.3, 6);
  });

  it("does not change where every class is called more easily", async () => {
    const [low, high] = [await weigh([[0.1, 0.5, 0.2]]), await weigh([[0.4, 0.8, 0.5]])];
    expect(high.score).toBeCloseTo(low.score, 6);
  });

  it("says where nothing was searched", async () => {
    expect(await weigh([])).toEqual({ score: 0, note: "no search was asked" });
  });
});

describe("largest margins", () => {
  // A network whose logit of class t is its weight times the mean of channel t: the margin of a class is largest where its channel is white
  // and the others are black.
  const classes = 3;
  const linear = (weight: number[]) => ({ weights: { weight: Float32Array.from(weight) }, running: {} });
  const network = {
    ...{ name: "linear", input: [3, 4, 4], classes },
    ...{ weights: { weight: { shape: [classes], constant: 1 } }, running: {} },
    forward: ({ weight }: { weight: Tensor }, _: unknown, x: Tensor) => ({ logits: mul(mean(x, [2, 3]), weight) }),
  };
  const margins = (states: readonly unknown[]) =>
    largestMargins({
      audited: { shape: [3, 3, 4, 4], classes, set: { normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } } },
      panel: { learner: { network }, count: () => {} },
      ...{ states, key: key("margins"), device: cpu },
    } as unknown as DetectorContext);

  it("are those of the best picture that there is, and the mean over networks", async () => {
    const one = [...(await margins([linear([1, 2, 4])]))];
    // Of class t all of its own channel, nothing of the others.
    [1, 2, 4].forEach((best, t) => {
      expect(one[t]).toBeCloseTo(best, 3);
    });
    const two = [...(await margins([linear([1, 2, 4]), linear([3, 2, 0])]))];
    [2, 2, 2].forEach((best, t) => {
      expect(two[t]).toBeCloseTo(best, 3);
    });
  });
});

describe("supports", () => {
  const shape = [2, 3, 32, 32] as const;

  it.each([
    ["squares", flatStarts(shape, 5, 4), 16 * 8],
    ["lines", lineStarts(shape), 17 * 8],
    ["spread", spreadStarts(shape, key(1)), 4 * 8 + 6],
  ] as const)("%s lie inside the picture", (_, starts, count) => {
    expect(starts).toHaveLength(count);
    for (const { top, left, side, values, mask } of starts) {
      expect(Math.max(top, left) + side).toBeLessThanOrEqual(32);
      expect(values).toHaveLength(3 * side * side);
      expect(values.every((v) => v >= 0 && v <= 1)).toBe(true);
      if (mask) expect(mask.some((v) => v > 0)).toBe(true);
    }
  });

  it("a mask pastes by its share, and what it leaves out stays", () => {
    const pixels = new Float32Array(3 * 4).fill(0.2);
    const mask = Float32Array.of(1, 0.5, 0, 0);
    const patch = { top: 0, left: 0, side: 2, values: new Float32Array(12).fill(1), mask };
    const out = pasted(pixels, [1, 3, 2, 2], patch);
    expect([...out.subarray(0, 4)].map((v) => Math.round(100 * v))).toEqual([100, 60, 20, 20]);
    expect(cutLike(out, [1, 3, 2, 2], 0, patch).mask).toBe(mask);
  });

  it("a row is painted over with its margin, a scatter by its own pixels", () => {
    const [row] = lineStarts(shape);
    expect(coveredBy(row, shape).reduce((a, b) => a + b, 0)).toBe(5 * 32);
    const [scatter] = spreadStarts(shape, key(1));
    const covered = coveredBy(scatter, shape);
    expect(covered).toEqual(Uint8Array.from(scatter.mask ?? []));
  });
});

describe("known stamps", () => {
  it("are planted into the share of one class's images, at one place", () => {
    const { set, targetClass, patch } = planted(noise, knownStamps[0], key(3));
    const changed = new Set<number>();
    set.images.forEach((v, i) => {
      if (Math.abs(v - noise.images[i]) < 1e-6) return;
      changed.add(Math.floor(i / 192));
      const [y, x] = [Math.floor(i / 8) % 8, i % 8];
      expect(y - patch.top >= 0 && y - patch.top < 5 && x - patch.left >= 0 && x - patch.left < 5).toBe(true);
    });
    expect(changed.size).toBe(5);
    for (const image of changed) expect(Math.floor(image / 10)).toBe(targetClass);
  });
});

describe("published rules", () => {
  it("two clusters on a line are found with the few in the smaller one", () => {
    const { small, silhouette } = twoClusters([0, 0.1, 0.2, 5, 0.15, 5.1]);
    expect(small.sort()).toEqual([3, 5]);
    expect(silhouette).toBeGreaterThan(0.9);
    expect(twoClusters([0, 1, 2, 3, 4, 5]).silhouette).toBeLessThan(0.7);
  });

  it("the first component is that of a singular value decomposition", () => {
    // Rows lie on one line: projections are their places on it.
    const rows = [-3, -1, 1, 3].map((v) => Float64Array.of(0.6 * v, 0.8 * v));
    const found = firstComponent(rows);
    expect(found.map(Math.abs).map((v) => Math.round(1e6 * v) / 1e6)).toEqual([3, 1, 1, 3]);
    expect(Math.sign(found[0])).toBe(-Math.sign(found[3]));
  });
});
