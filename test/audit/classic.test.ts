import { describe, expect, it } from "vitest";
import { type AuditedSet, auditedSet } from "../../src/audit/AuditedSet.ts";
import { detectorRegistry } from "../../src/audit/detectorRegistry.ts";
import type { DetectorContext } from "../../src/audit/detectors/Detector.ts";
import { marginP } from "../../src/audit/detectors/maximumMargin.ts";
import { CHUNK } from "../../src/audit/Panel.ts";
import { pasted } from "../../src/audit/Patch.ts";
import { key, normal, uniform } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { openSessions } from "../../src/engine/session.ts";
import { gammaBelow, gammaFit } from "../../src/metrics/gammaDistribution.ts";
import { madIndex } from "../../src/metrics/madIndex.ts";
import { linear } from "../../src/nn/layers/affine.ts";
import type { Network } from "../../src/nn/Network.ts";
import { reshape } from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { cpu } from "../attack/tiny.ts";

const [SIDE, CHANNELS] = [6, 3];
const SIZE = CHANNELS * SIDE ** 2;
/** Class that a trigger calls, in all that is made up here. */
const TARGET = 2;
/** A bright square of 2 pixels in the corner. */
const square = { top: 4, left: 0, side: 2, values: new Float32Array(12).fill(1) };
const atSquare = (p: number) => Math.floor((p % 36) / SIDE) >= 4 && p % SIDE < 2;

/** Grey noise of some classes; what a network says of it is made up below. */
function noise(classes: number, each = 4): DistilledSet {
  const m = classes * each;
  return {
    ...{ kind: "distilled", name: "noise", classes, metadata: {}, normalisation: { kind: "unit" } },
    images: normal(key("noise"), m * SIZE, 0.5, 0.1),
    shape: [m, CHANNELS, SIDE, SIDE],
    labels: { kind: "hard", classes: Int32Array.from({ length: m }, (_, i) => Math.floor(i / each)) },
  };
}

/** Ask a detector by a context of which it reads a part. */
const ask = (name: string, context: object) =>
  detectorRegistry[name].run({ key: key(name), device: cpu, ...context } as unknown as DetectorContext);

/** Where the square of a class lies: nine of them fill the picture. */
const squareOf = (p: number) => 3 * Math.floor((p % 36) / SIDE / 2) + Math.floor((p % SIDE) / 2);

/**
 * A linear network that leans on squares of two pixels: trojaned, only the target does, on one of them; otherwise each class on its own,
 * one more than the other.
 */
function linearContext(
  classes: number,
  trojaned: boolean,
): Pick<DetectorContext, "audited" | "panel" | "search" | "states"> {
  const audited = auditedSet(noise(classes));
  const weight = normal(key("weight"), SIZE * classes, 0, 0.2).map((v, i) => {
    const [own, t] = [squareOf(Math.floor(i / classes)), i % classes];
    if (trojaned) return v + (t === TARGET && own === 6 ? 6 : 0);
    return v + (t === own ? 4 + t / 2 : 0);
  });
  const affine = { weight: { shape: [SIZE, classes], bound: 1 }, bias: { shape: [classes], bound: 1 } };
  const network: Network = {
    ...{ name: "linear", input: [CHANNELS, SIDE, SIDE], classes, weights: affine, running: [] },
    forward(weights, running, x) {
      const features = reshape(x, [x.shape[0], SIZE]);
      return { features, logits: linear(weights as never as { weight: Tensor; bias: Tensor }, features), running };
    },
  };
  const panel = { learner: { network }, count() {} };
  const search = { panel, pixels: uniform(key("pictures"), 16 * SIZE, 0.2, 0.8), pictures: 16 };
  return {
    audited,
    panel,
    search,
    states: [{ weights: { weight, bias: new Float32Array(classes) }, running: [] }],
  } as never;
}

describe.each(["neuralCleanse", "mmBd"])("%s", (name) => {
  it("fires where a class leans on a few pixels, and names it", { timeout: 120_000 }, async () => {
    const said = await ask(name, linearContext(8, true));
    expect(said).toMatchObject({ targetClass: TARGET, alarm: true });
    expect(said.score).toBeGreaterThan(said.threshold as number);
    expect(await ask(name, linearContext(8, true))).toEqual(said);
    expect(openSessions()).toBe(0);
  });

  it("is silent where each class has some of its own", { timeout: 120_000 }, async () => {
    expect(await ask(name, linearContext(8, false))).toMatchObject({ alarm: false });
  });

  it("says that few classes are too few, and gives no alarm", async () => {
    const said = await ask(name, linearContext(4, true));
    expect(said).toMatchObject({ score: 0, alarm: false, note: expect.stringContaining("4 classes are too few") });
  });
});

describe("strip", () => {
  /** Networks that name a class by the brightness of the picture, or the target where the square shines. */
  function context(trojaned: boolean): object {
    const audited = auditedSet(noise(8));
    const logits = async (_: unknown, pixels: Float32Array) =>
      Float32Array.from({ length: (pixels.length / SIZE) * 8 }, (_, i) => {
        const picture = pixels.subarray(Math.floor(i / 8) * SIZE, (Math.floor(i / 8) + 1) * SIZE);
        const corner = picture.reduce((s, v, p) => s + (atSquare(p) ? v / 12 : 0), 0);
        const mean = picture.reduce((s, v) => s + v / SIZE, 0);
        if (trojaned && corner > 0.68) return i % 8 === TARGET ? 20 : 0;
        return -0.5 * ((i % 8) - 8 * mean) ** 2;
      });
    const pictures = (name: string) => {
      const level = uniform(key(`${name} level`), 32, 0.2, 0.6);
      return uniform(key(name), 32 * SIZE, 0, 0.2).map((v, i) => v + level[Math.floor(i / SIZE)]);
    };
    const jury = (name: string) => ({ pixels: pictures(name), pictures: 32, states: [{}], panel: { logits } });
    return { audited, held: jury("held"), search: jury("search"), suspects: [{ targetClass: TARGET, patch: square }] };
  }

  it("fires where pictures with the candidate stay what they are called, and only there", async () => {
    expect(await ask("strip", context(true))).toMatchObject({ targetClass: TARGET, alarm: true, threshold: 0.5 });
    expect(await ask("strip", context(false))).toMatchObject({ alarm: false });
  });

  it("says that there is no candidate", async () => {
    const said = await ask("strip", { ...context(true), suspects: [] });
    expect(said).toMatchObject({ score: 0, alarm: false, note: "no candidate was followed" });
  });
});

describe("halfSetInfluence", () => {
  /** Images of the target, and of another class, whose presence teaches the square. */
  const teaching = [9];

  /** Networks that know the square if they saw an image that teaches it, or by chance. */
  function context(taught: boolean): object {
    const audited = auditedSet(noise(5));
    const seen = new Map<object, boolean>();
    let trained = 0;
    const calls = (pixels: Float32Array, knows: boolean) =>
      Int32Array.from({ length: pixels.length / SIZE }, (_, i) =>
        knows && pixels[i * SIZE + 4 * SIDE] > 0.9 ? TARGET : 0,
      );
    const panel = {
      classes: 5,
      space: { kind: "unit" },
      async train(set: AuditedSet) {
        const state = {};
        // A row of the set is known by its first pixel.
        const has = (row: number) =>
          Array.from({ length: set.shape[0] }, (_, i) => set.pixels[i * SIZE]).includes(audited.pixels[row * SIZE]);
        const [chance] = uniform(key(`chance ${trained++}`), 1, 0, 1);
        expect(set.shape[0]).toBe(set.labels.length);
        expect(set.set.images).toHaveLength(set.shape[0] * SIZE);
        seen.set(state, taught ? teaching.some(has) : chance < 0.5);
        return state;
      },
      calls: async (state: object, pixels: Float32Array) => calls(pixels, seen.get(state) ?? false),
      predictor: (state: object) => async (x: Float32Array) => {
        const logits = new Float32Array(CHUNK * 5);
        calls(x, seen.get(state) ?? false).forEach((call, i) => {
          logits[5 * i + call] = 1;
        });
        return { logits };
      },
    };
    const held = { pixels: new Float32Array(8 * SIZE).fill(0.5) };
    return { audited, panel, held, suspects: [{ targetClass: TARGET, patch: square }] };
  }

  it("names the image that teaches the candidate", async () => {
    const said = await ask("halfSetInfluence", context(true));
    expect(said).toMatchObject({ targetClass: TARGET, alarm: true, images: teaching, threshold: 0.05 });
  });

  it("names none where it comes by chance", async () => {
    expect(await ask("halfSetInfluence", context(false))).toMatchObject({ alarm: false, images: [] });
  });
});

it("they are deep ones and give no verdict", () => {
  for (const name of ["neuralCleanse", "mmBd", "strip", "halfSetInfluence"])
    expect(detectorRegistry[name]).toMatchObject({ level: "deep", decisive: false });
  expect(pasted(new Float32Array(SIZE), [1, CHANNELS, SIDE, SIDE], square).filter((v) => v === 1)).toHaveLength(12);
});

describe("the rules", () => {
  it("count deviations from the median", () => {
    const { index, deviation } = madIndex([1, 2, 3, 4, 100]);
    expect(deviation).toBeCloseTo(1.4826, 10);
    expect(index[0]).toBeCloseTo(-2 / 1.4826, 10);
    expect(madIndex([5, 5, 5, 1])).toEqual({ index: [0, 0, 0, 0], deviation: 0 });
  });

  it("call a far larger margin unlikely, equal ones not, and say where nothing can be fitted", () => {
    expect(marginP([5, 6, 5.5, 6.2, 5.8, 20])).toBeLessThan(1e-3);
    expect(marginP([5, 6, 5.5, 6.2, 5.8, 6.3])).toBeGreaterThan(0.2);
    expect(marginP([5, 5, 5, 5, 9])).toBeUndefined();
    expect(marginP([-1, 5, 6, 7, 9])).toBeUndefined();
  });

  it("have SciPy's gamma distribution", () => {
    // scipy.stats.gamma.fit(…, floc=0) and gamma.cdf.
    const { shape, scale } = gammaFit([5, 6, 5.5, 6.2, 5.8, 9, 2.5]);
    // SciPy's own search stops at about six digits.
    expect(shape).toBeCloseTo(8.937167336682938, 4);
    expect(scale).toBeCloseTo(0.6393844379338423, 5);
    for (const [x, narrow, wide] of [
      [0.1, 7.11033279846441e-18, 0.1003886450861892],
      [2, 0.0009152291472700608, 0.6420518048436532],
      [5.5, 0.42073323707828775, 0.9081836527257116],
      [6, 0.5384026669363817, 0.9237471472921017],
      [9, 0.9451125755118109, 0.9744473877163565],
      [30, 0.9999999999999903, 0.999982940341103],
    ]) {
      expect(gammaBelow(x, { shape: 12, scale: 0.5 })).toBeCloseTo(narrow, 12);
      expect(gammaBelow(x, { shape: 0.7, scale: 3 })).toBeCloseTo(wide, 12);
    }
    expect(() => gammaFit([1, -1])).toThrow(/positive numbers/);
  });
});
