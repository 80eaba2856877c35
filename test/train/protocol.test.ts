import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Scope } from "../../src/core/closable.ts";
import { key, permutation, Stream } from "../../src/core/random.ts";
import { parseAugmentation } from "../../src/data/augment/stages.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { fromPixels, toPixels } from "../../src/data/normalise.ts";
import { fitZca } from "../../src/data/zca.ts";
import { initialise } from "../../src/nn/Network.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { sgd } from "../../src/nn/optimisers.ts";
import { inputTransform } from "../../src/train/inputTransform.ts";
import { Learner } from "../../src/train/Learner.ts";
import { drawMix, mix } from "../../src/train/mixing.ts";
import { type Protocol, protocolOptions } from "../../src/train/protocol.ts";
import { resolveProtocol } from "../../src/train/resolveProtocol.ts";
import { schedule } from "../../src/train/schedule.ts";
import { targetsOf } from "../../src/train/targets.ts";
import { train } from "../../src/train/train.ts";
import { cpu } from "../attack/tiny.ts";
import { det } from "../golden/det.ts";

const of = (given: Partial<Protocol>): Protocol => resolveProtocol(protocolOptions.parse(given));
const set: DistilledSet = {
  kind: "distilled",
  name: "six",
  images: det("protocol/six", 6 * 3 * 64, 2),
  shape: [6, 3, 8, 8],
  labels: { kind: "hard", classes: Int32Array.of(0, 1, 2, 0, 1, 2) },
  classes: 3,
  normalisation: knownNormalisations["cifar-10"],
  metadata: {},
};

describe("options that depend on others", () => {
  it("are filled in where they apply, once and for all", () => {
    expect(of({})).toMatchObject({ momentum: 0.9 });
    expect(of({ optimiser: "adam" })).not.toHaveProperty("momentum");
    expect(of({ labels: "teacher" })).toMatchObject({ teacher: "convNet", temperature: 4, teacherShare: 0.9 });
    expect(of({ labels: "set" })).not.toHaveProperty("temperature");
    expect(of({ augmentation: "dsa+noise" })).toMatchObject({ noise: 0.1 });
    const once = of({ labels: "teacher", mixing: "mixup", augmentation: "noise" });
    expect(resolveProtocol(once)).toEqual(once);
  });

  it.each([
    [{ optimiser: "adam", momentum: 0.5 }, "momentum: expected it only with optimiser momentum or nesterov, got 0.5"],
    [{ siamese: true }, "siamese: expected it only with an augmentation with DSA operators"],
    [{ siamese: true, augmentation: "flip-crop" }, "siamese"],
    [{ noise: 0.2 }, "noise: expected it only with an augmentation with noise"],
    [{ mixingAlpha: 0.2 }, "mixingAlpha: expected it only with mixing mixup or cutmix"],
    [{ smoothing: 0.2 }, "smoothing: expected it only with labels smoothed"],
    [{ labels: "hard", temperature: 2 }, "temperature: expected it only with labels set or teacher"],
    [{ teacher: "mlp" }, "teacher: expected it only with labels teacher"],
    [{ teacherEpochs: 2 }, "teacherEpochs: expected it only with a teacher of the raw images, got 2"],
    [{ teacherWidth: 3 }, "teacherWidth"],
    [{ teacherShare: 0.5 }, "teacherShare"],
    [{ epochs: 5, warmup: 5 }, "warmup: expected fewer than the 5 epochs of training, got 5"],
  ] as [Partial<Protocol>, string][])("are refused where they would do nothing: %j", (given, message) => {
    expect(() => of(given)).toThrow(message);
  });

  it("a temperature needs logits, a teacher a learner that has one", async () => {
    expect(() => targetsOf(set, of({ temperature: 2 }))).toThrow(
      "expected it only with labels that are logits, not hard ones, got 2; it would do nothing",
    );
    const learner = new Learner(mlp({ channels: 3, size: 8, classes: 3 }, { width: 4 }), sgd(), cpu);
    await using _ = learner;
    await expect(train(learner, set, of({ labels: "teacher" }), key(0))).rejects.toThrow("train: missing teacher");
  });
});

it("a teacher with given weights teaches as it is", async () => {
  const shape = { channels: 3, size: 8, classes: 3 };
  await using scope = new Scope();
  const teacher = scope.hold(new Learner(mlp(shape, { width: 5 }), sgd(), cpu));
  const weights = { weights: initialise(teacher.network.weights, key("teacher")), running: [] };
  const learn = (share: number) => {
    const student = new Learner(mlp(shape, { width: 4 }), sgd(), cpu, { teacher, weights, share, temperature: 2 });
    return train(scope.hold(student), set, of({ labels: "teacher", epochs: 1 }), key(1));
  };
  const taught = vi.spyOn(teacher, "step");
  const [half, whole] = [await learn(0.5), await learn(1)];
  expect(taught).not.toHaveBeenCalled();
  // The loss is linear in the share: at 0 it is the cross entropy with the labels.
  const alone = scope.hold(new Learner(mlp(shape, { width: 4 }), sgd(), cpu));
  const plain = await train(alone, set, of({ epochs: 1 }), key(1));
  expect(half.losses[0]).toBeCloseTo((plain.losses[0] + whole.losses[0]) / 2, 5);
});

describe("schedule", () => {
  it("rises over the warm-up and then runs over the epochs that are left", () => {
    const rates = (given: Partial<Protocol>) => {
      const protocol = of({ epochs: 8, lr: 1, ...given });
      return Array.from({ length: 8 }, (_, epoch) => schedule(protocol, epoch));
    };
    const lr = (given: Partial<Protocol>) => rates(given).map((r) => Number(r.lr.toFixed(4)));
    expect(lr({ schedule: "constant", warmup: 4 })).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1]);
    expect(lr({ schedule: "cosine", warmup: 4 })).toEqual([0.25, 0.5, 0.75, 1, 1, 0.8536, 0.5, 0.1464]);
    expect(lr({ schedule: "step", warmup: 3 })).toEqual([0.3333, 0.6667, 1, 1, 1, 1, 1, 0.1]);
    expect(rates({ schedule: "step", warmup: 3 }).map((r) => r.fresh)).toEqual([...Array(7).fill(false), true]);
  });
});

describe("augmentation", () => {
  it("is read stage by stage", () => {
    expect(parseAugmentation("none")).toEqual([]);
    expect(parseAugmentation("flip-crop+cutout+noise")).toEqual(["flip-crop", ["cutout"], "noise"]);
    expect(parseAugmentation("dsa")).toEqual([["color", "crop", "cutout", "flip", "scale", "rotate"]]);
    expect(() => parseAugmentation("flip-crop+none")).toThrow("expected none alone");
    expect(() => parseAugmentation("blur")).toThrow("unknown DSA operator");
  });
});

describe("mixing", () => {
  it.each(["mixup", "cutmix"] as const)("%s keeps each label's sum, and all images where the share is 1", (kind) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const draw = drawMix(kind, 0.7, key(seed), set.shape);
        const y = targetsOf(set);
        const mixed = mix(set.images, y, set.shape, draw);
        for (let i = 0; i < 6; i++) {
          const row = mixed.y.subarray(3 * i, 3 * i + 3);
          expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
          expect(row[set.labels.kind === "hard" ? set.labels.classes[i] : 0]).toBeGreaterThanOrEqual(
            Math.fround(draw.share) - 1e-6,
          );
        }
        if (draw.share === 1) expect(mixed.x).toEqual(set.images);
      }),
      { numRuns: 60 },
    );
  });

  it("cutmix: the share of each label is the share of its pixels", () => {
    const flat = new Float32Array(2 * 64).fill(1, 64);
    for (let seed = 0; seed < 40; seed++) {
      const draw = { ...drawMix("cutmix", 1, key(seed), [2, 1, 8, 8]), partner: Int32Array.of(1, 0) };
      const { x, y } = mix(flat, Float32Array.of(1, 0, 0, 1), [2, 1, 8, 8], draw);
      const ones = x.subarray(0, 64).reduce((a, b) => a + b);
      expect(y[1]).toBeCloseTo(ones / 64, 6);
    }
  });

  it("draws its shares from Beta(α, α)", () => {
    for (const alpha of [0.3, 1, 4]) {
      const stream = new Stream(key(`beta${alpha}`));
      const values = Array.from({ length: 4000 }, () => stream.beta(alpha));
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(variance / (0.25 / (2 * alpha + 1))).toBeCloseTo(1, 1);
    }
  });
});

describe("input", () => {
  const pixels = async (input: Protocol["input"]) =>
    toPixels(await inputTransform(input, set)(set.images), set.shape, set.normalisation);

  it("clamps to [0, 1]; 8-bit leaves 256 levels; what a picture holds stays", async () => {
    const before = toPixels(set.images, set.shape, set.normalisation);
    (await pixels("clamp")).forEach((v, i) => {
      expect(v).toBeCloseTo(Math.min(1, Math.max(0, before[i])), 5);
    });
    (await pixels("8-bit")).forEach((v, i) => {
      expect(v * 255).toBeCloseTo(Math.round(v * 255), 3);
      expect(Math.abs(v - Math.min(1, Math.max(0, before[i])))).toBeLessThanOrEqual(0.5 / 255 + 1e-5);
    });
    const photo = fromPixels(
      Float32Array.from(before, (_, i) => (i % 256) / 255),
      set.shape,
      set.normalisation,
    );
    (await inputTransform("8-bit", set)(photo)).forEach((v, i) => {
      expect(v).toBeCloseTo(photo[i], 5);
    });
  });

  it("ZCA whitens the set's own images and can be undone", () => {
    const d = 27;
    const shape = [200, 3, 3, 3] as const;
    const source = det("protocol/zca", 200 * d, 0.4, 0.5);
    // Neighbours share half of their value.
    const correlated = source.map((v, i) => v + (i % d > 0 ? 0.5 * source[i - 1] : 0));
    const { mean, matrix, inverse } = fitZca(correlated, shape);
    const product = (a: Float32Array, b: Float32Array, i: number, j: number) =>
      Array.from({ length: d }, (_, k) => a[i * d + k] * b[k * d + j]).reduce((x, y) => x + y);
    const covariance = new Float32Array(d * d);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++)
        for (let m = 0; m < 200; m++)
          covariance[i * d + j] += ((correlated[m * d + i] - mean[i]) * (correlated[m * d + j] - mean[j])) / 199;
    const regular = covariance.map((v, i) => v + (i % (d + 1) === 0 ? 0.1 : 0));
    const whitened = Float32Array.from({ length: d * d }, (_, i) => product(matrix, regular, Math.floor(i / d), i % d));
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) {
        expect(product(matrix, inverse, i, j)).toBeCloseTo(i === j ? 1 : 0, 4);
        expect(product(whitened, matrix, i, j)).toBeCloseTo(i === j ? 1 : 0, 3);
      }
  });

  it("needs pixels", () => {
    const unknown: DistilledSet = { ...set, normalisation: { kind: "unknown" } };
    expect(() => inputTransform("clamp", unknown)).toThrow(
      "expected as-is for a set with normalisation unknown, got clamp",
    );
    const whitened: DistilledSet = { ...set, normalisation: { kind: "zca" } };
    expect(() => inputTransform("zca", whitened)).toThrow("got zca");
  });
});

it("orders and draws depend on the key alone", () => {
  expect(drawMix("cutmix", 1, key(5), set.shape)).toEqual(drawMix("cutmix", 1, key(5), set.shape));
  expect([...permutation(key(5), 6)]).toEqual([...permutation(key(5), 6)]);
});
