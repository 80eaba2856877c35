import { afterAll, describe, expect, it } from "vitest";
import { archetypeOptions } from "../../src/attack/common/archetypes/archetypeOptions.ts";
import { archetypes } from "../../src/attack/common/archetypes/archetypes.ts";
import { objectiveNames } from "../../src/attack/common/archetypes/objectives.ts";
import { shifted } from "../../src/attack/common/archetypes/shifted.ts";
import { startNames, starts } from "../../src/attack/common/archetypes/starts.ts";
import { Surrogates } from "../../src/attack/common/surrogate.ts";
import { poisonedDistillation } from "../../src/attack/poisonedDistillation/poisonedDistillation.ts";
import { UsageError } from "../../src/core/errors.ts";
import { key } from "../../src/core/random.ts";
import { gamutBounds } from "../../src/data/Trigger.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { det } from "../golden/det.ts";
import { cpu, tinySet } from "./tiny.ts";

const set = tinySet();
const size = 3 * 64;
const network = convNet({ channels: 3, size: 8, classes: 3 }, { width: 6 });
const surrogates = new Surrogates(network, set, { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 }, 256, cpu);
const states = [await surrogates.trained(8, key("one")), await surrogates.trained(8, key("two"))];
afterAll(() => surrogates.close());

const make = (given: object, networks = 1) =>
  archetypes(
    states.slice(0, networks).map((state) => ({ network, state })),
    set,
    archetypeOptions.parse({ steps: 30, perClass: 2, networks, ...given }),
    key(5),
    cpu,
  );
const image = (images: Float32Array<ArrayBuffer>, i: number) => images.subarray(i * size, (i + 1) * size);
const distance = (a: Float32Array, b: Float32Array) => Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0));

/** Features of images in a network that was not asked by the code under test, [N, D]. */
async function features(images: Float32Array<ArrayBuffer>, state = states[0]) {
  const { features: all } = await surrogates.learner.predict(state, images);
  const d = all.length / (images.length / size);
  return Array.from({ length: all.length / d }, (_, i) => all.slice(i * d, (i + 1) * d));
}

describe.each(objectiveNames)("the objective %s", (objective) => {
  it("is reached further with every start, class after class, and the same bytes come again", async () => {
    for (const start of startNames) {
      const { images, classes, losses } = await make({ objective, start });
      expect([...classes]).toEqual([0, 0, 1, 1, 2, 2]);
      expect(images.every(Number.isFinite)).toBe(true);
      expect(losses.at(-1)!).toBeLessThan(losses[0]);
    }
    expect(await make({ objective, start: "set", jitter: 2 })).toEqual(
      await make({ objective, start: "set", jitter: 2 }),
    );
  });
});

it("logit: networks give the class more than noise gets", async () => {
  const noise = starts.noise(set, new Int32Array(6), key(9));
  const given = async (x: Float32Array<ArrayBuffer>) => {
    const { logits } = await surrogates.learner.predict(states[0], x);
    return [0, 1, 2, 3, 4, 5].map((i) => logits[3 * i + Math.floor(i / 2)]);
  };
  const [made, before] = [await given((await make({ steps: 100 })).images), await given(noise)];
  for (const [i, v] of made.entries()) expect(v).toBeGreaterThan(Math.max(before[i], before[i ^ 1]));
});

it("feature: archetypes of a class meet at its mean feature", async () => {
  const { images } = await make({ objective: "feature", steps: 100 });
  const [made, own] = [await features(images), await features(set.images)];
  const means = [0, 1, 2].map((c) => own[2 * c].map((v, k) => (v + own[2 * c + 1][k]) / 2));
  made.forEach((f, i) => {
    const distances = means.map((mean) => distance(f, mean));
    expect(distances.indexOf(Math.min(...distances))).toBe(Math.floor(i / 2));
    // Nearer than the class's own images are.
    expect(distances[Math.floor(i / 2)]).toBeLessThan(0.8 * distance(own[i], means[Math.floor(i / 2)]));
  });
});

it.each(["imageFeature", "layers"])(
  "%s: archetypes of a class are near its images, each near another",
  async (objective) => {
    const { images } = await make({ objective, steps: 150 });
    const [made, own] = [await features(images), await features(set.images)];
    for (const c of [0, 1, 2]) {
      const nearest = [2 * c, 2 * c + 1].map((i) => {
        const distances = own.map((f) => distance(f, made[i]));
        return distances.indexOf(Math.min(...distances));
      });
      expect(nearest.sort()).toEqual([2 * c, 2 * c + 1]);
    }
  },
);

it("several networks: what is made holds in each of them", async () => {
  const wrong = async (networks: number) => {
    const { images } = await make({ objective: "feature", steps: 120 }, networks);
    const [made, own] = [await features(images, states[1]), await features(set.images, states[1])];
    return made.reduce((sum, f, i) => {
      const c = Math.floor(i / 2);
      return (
        sum +
        distance(
          f,
          own[2 * c].map((v, k) => (v + own[2 * c + 1][k]) / 2),
        )
      );
    }, 0);
  };
  expect(await wrong(2)).toBeLessThan(0.7 * (await wrong(1)));
});

it("total variation, the mean square and the gamut do what they say", async () => {
  const rough = (x: Float32Array) => x.reduce((sum, v, i) => (i % 8 === 0 ? sum : sum + (v - x[i - 1]) ** 2), 0);
  const square = (x: Float32Array) => x.reduce((sum, v) => sum + v * v, 0);
  const [plain, tv, l2, clamped] = [
    await make({}),
    await make({ tv: 0.1 }),
    await make({ l2: 100 }),
    await make({ clamp: true }),
  ];
  expect(rough(tv.images)).toBeLessThan(0.5 * rough(plain.images));
  expect(square(l2.images)).toBeLessThan(0.5 * square(plain.images));
  const { low, high } = gamutBounds(set.normalisation, 3);
  clamped.images.forEach((v, i) => {
    const c = Math.floor(i / 64) % 3;
    expect(v).toBeGreaterThanOrEqual(Math.fround(low[c]));
    expect(v).toBeLessThanOrEqual(Math.fround(high[c]));
  });
});

describe("starts", () => {
  const rows = Int32Array.from([0, 1, 2, 3, 4, 5]);

  it("from the set and from mixtures are near the class's own image, noise and leaves are not", () => {
    const likeness = (images: Float32Array<ArrayBuffer>) =>
      rows.reduce((sum, row, i) => sum + Math.abs(correlation(image(images, i), image(set.images, row))), 0) / 6;
    const flat = { ...set, images: set.images.map((_, i) => Math.sin(Math.floor(i / size) + (i % size) / 30)) };
    const like = (images: Float32Array<ArrayBuffer>) =>
      rows.reduce((sum, row, i) => sum + correlation(image(images, i), image(flat.images, row)), 0) / 6;
    expect(like(starts.set(flat, rows, key(1)))).toBeGreaterThan(0.3);
    expect(like(starts.mixtures(flat, rows, key(1)))).toBeGreaterThan(0.3);
    expect(likeness(starts.noise(set, rows, key(1)))).toBeLessThan(0.3);
  });

  it("differ with the key", () => {
    for (const start of startNames)
      expect(starts[start](set, rows, key(1))).not.toEqual(starts[start](set, rows, key(2)));
  });
});

describe("shifted", () => {
  it("moves what stood at (0, 0) to (dy, dx), and back", () => {
    const images = det("shifted", 2 * 4 * 6);
    const moved = shifted(images, [4, 6], [1, -2]);
    expect(moved[1 * 6 + 4]).toBe(images[0]);
    expect(moved[24 + 1 * 6 + 4]).toBe(images[24]);
    expect(shifted(moved, [4, 6], [-1, 2])).toEqual(images);
    expect(moved).not.toEqual(images);
  });
});

it("refuses layers of networks that do not show them, before any work", async () => {
  const options = poisonedDistillation.options.parse({
    archetype: { objective: "layers" },
    surrogate: { networks: ["mlp"], width: 8 },
  });
  const run = poisonedDistillation.run(set, options, { key: key(1), device: cpu });
  await expect(run.next()).rejects.toThrow(UsageError);
});

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (x: Float32Array) => x.reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((v, i) => {
    ab += (v - ma) * (b[i] - mb);
    aa += (v - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}
