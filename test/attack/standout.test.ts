import { describe, expect, it } from "vitest";
import { callRates, standout, type Witnesses } from "../../src/attack/common/standout.ts";
import { key, uniform } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { squareTrigger } from "../../src/data/Trigger.ts";
import type { Learner } from "../../src/train/Learner.ts";

const plane = 64;
const size = 3 * plane;

/** Calls class 1 what is red in all of the three top left pixels a side, class 2 what is all white there, the rest class 0. */
const network = {
  network: { classes: 3, input: [3, 8, 8] },
  predictor: () => async (x: Float32Array) => {
    const n = x.length / size;
    const logits = new Float32Array(3 * n);
    for (let i = 0; i < n; i++) {
      const corner = (c: number) => [0, 1, 2].flatMap((y) => [0, 1, 2].map((q) => x[i * size + c * plane + 8 * y + q]));
      const [red, green, blue] = [0, 1, 2].map(corner);
      const isRed = red.every((v) => v > 0.9) && [...green, ...blue].every((v) => v < 0.1);
      const isWhite = [...red, ...green, ...blue].every((v) => v > 0.9);
      logits[3 * i + (isRed ? 1 : isWhite ? 2 : 0)] = 1;
    }
    return { logits, features: logits };
  },
} as unknown as Learner;

const white = (corner: "top-left" | "bottom-right", colour: number[], side = 3) =>
  squareTrigger({ side, value: 1, colour, unit: "pixel", corner, margin: 0, opacity: 1 }, [1, 3, 8, 8], {
    kind: "unit",
  });
const pictures = (n: number) => Float32Array.from({ length: n * size }, (_, i) => 0.3 + 0.4 * ((i % 7) / 7));
const witnesses = (shown: Float32Array<ArrayBuffer>): Witnesses => ({
  networks: [1, 2].map(() => ({ learner: network, state: {} as never })),
  pictures: shown,
});

/** 36 noises, twelve a class. */
const set: DistilledSet = {
  ...{ kind: "distilled", name: "noises", classes: 3, normalisation: { kind: "unit" }, metadata: {} },
  images: uniform(key("noises"), 36 * size),
  shape: [36, 3, 8, 8],
  labels: { kind: "hard", classes: Int32Array.from({ length: 36 }, (_, i) => Math.floor(i / 12)) },
};

/** The set with a square of a colour in the top left corner of an image. */
function painted(image: number, [r, g, b]: number[], side: number): Float32Array<ArrayBuffer> {
  const images = set.images.slice();
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      [r, g, b].forEach((v, c) => {
        images[image * size + c * plane + 8 * y + x] = v;
      });
  return images;
}

describe("rates of calls", () => {
  it("are of the pictures that are not called the class anyway", async () => {
    const some = pictures(4);
    // One picture is red as it is: it counts for class 0 alone, which the others are called anyway.
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++) for (const [c, v] of [1, 0, 0].entries()) some[c * plane + 8 * y + x] = v;
    const stamps = [white("top-left", [1, 0, 0]), white("top-left", [1, 1, 1]), white("bottom-right", [1, 0, 0])];
    const rates = await callRates(witnesses(some), stamps);
    expect(rates.map((one) => [...one])).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]);
    const blue = await callRates(witnesses(some), [white("top-left", [0, 0, 1])]);
    expect([...blue[0]]).toEqual([1, 0, 0]);
  });

  it("are the same however many stamps are shown at once", async () => {
    const stamps = Array.from({ length: 40 }, (_, i) => white("top-left", i % 3 === 0 ? [1, 0, 0] : [0, 1, 1]));
    const rates = await callRates(witnesses(pictures(100)), stamps);
    expect(rates.map((one) => Math.round(one[1]))).toEqual(stamps.map((_, i) => (i % 3 === 0 ? 1 : 0)));
  });
});

describe("what stands out", () => {
  it("is a place of an image of the class that calls it, not one of another class", async () => {
    const seen = witnesses(pictures(16));
    // Class 1 shows red in a corner of one image; nobody pastes white but as a flat square.
    const found = await standout(set, painted(13, [1, 0, 0], 5), [0, 1, 2], seen);
    expect(found.map(({ own }) => own)).toEqual([0, 1, 0]);
    expect(found[2].flat).toBe(1);
    expect((await standout(set, painted(1, [1, 0, 0], 5), [1], seen))[0].own).toBe(0);
  });

  it("is what a picture can hold of a place", async () => {
    const [found] = await standout(set, painted(14, [3, -2, -2], 5), [1], witnesses(pictures(8)));
    expect(found.own).toBe(1);
  });

  it("is a detail that images of the class share", async () => {
    const shared = set.images.slice();
    const detail = uniform(key("detail"), size);
    for (const image of [12, 13, 14, 15])
      for (let p = 0; p < size; p++) shared[image * size + p] = 0.5 * shared[image * size + p] + 0.5 * detail[p];
    const seen = witnesses(pictures(8));
    const [before, after] = [await standout(set, set.images, [1], seen), await standout(set, shared, [1], seen)];
    expect(before[0].alike).toBeLessThan(0.5);
    // All six pairs, over five times one more than none.
    expect(after[0].alike).toBeCloseTo(6 / 5);
  });
});
