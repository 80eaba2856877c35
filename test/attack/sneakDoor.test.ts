import { describe, expect, it } from "vitest";
import { attackPictures } from "../../src/attack/attackPictures.ts";
import {
  compileGenerator,
  generatorOf,
  generatorOptimiser,
} from "../../src/attack/rawData/sneakDoor/compileGenerator.ts";
import { drawMixture, mixIntoTarget } from "../../src/attack/rawData/sneakDoor/mixIntoTarget.ts";
import { sneakDoor } from "../../src/attack/rawData/sneakDoor/sneakDoor.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { drive } from "../../src/core/drive.ts";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { imagesOfClass } from "../../src/data/imagesOfClass.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import type { Normalisation } from "../../src/data/Normalisation.ts";
import { fromPixels, renormalise, toPixels } from "../../src/data/normalise.ts";
import { normalisedBatch } from "../../src/data/normalisedBatch.ts";
import { applyTrigger, generatorTrigger, randomTrigger } from "../../src/data/Trigger.ts";
import { addGenerated, addGeneratedToBytes } from "../../src/data/TriggerGenerator.ts";
import { type Floats, isParamSpec, type ParamSpec, zerosLike } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { sgd } from "../../src/nn/optimisers.ts";
import { rebuild, type Tree } from "../../src/tensor/tree.ts";
import { Learner } from "../../src/train/Learner.ts";
import { predictionOf } from "../../src/train/logits.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, relativeError, type Scalar, type Summary } from "../golden/summary.ts";
import { convNetShape, fromTorch, toTorch } from "../golden/torchLayout.ts";
import { cpu, finished, quickSneakDoor, tinyRaw, tinySet } from "./tiny.ts";

interface File {
  side: number;
  width: number;
  classes: number;
  mean: number[];
  std: number[];
  params: (DetSpec & { name: string })[];
  layers: DetSpec[];
  images: DetSpec;
  target: DetSpec;
  options: {
    batch: number;
    width: number;
    target: number;
    bound: number;
    features: number;
    near: number;
    lr: number;
    steps: number;
  };
  /** Of the first step but for the losses. */
  results: { losses: Scalar<number[]>; moved: Summary; gradient: Summary[]; wanted: Summary };
}

const file = golden<File>("generator.json");
const { side, width, classes, options, results } = file;
const normalisation: Normalisation = { kind: "meanStd", mean: file.mean, std: file.std };
const network = convNet({ channels: 3, size: side, classes }, { width, depth: 2 });
const weights = rebuild<ParamSpec, Floats>(
  network.weights,
  isParamSpec,
  [0, 1]
    .flatMap((i) => [`${i}.conv.bias`, `${i}.conv.weight`, `${i}.norm.bias`, `${i}.norm.scale`])
    .concat("linear.bias", "linear.weight")
    .map((name) => {
      const spec = file.params.find((one) => one.name === name)!;
      return fromTorch(convNetShape(spec.shape, width), build(spec));
    }),
);
const layers = [0, 1, 2].map((i) => ({
  weight: fromTorch(file.layers[2 * i].shape, build(file.layers[2 * i])),
  bias: build(file.layers[2 * i + 1]),
}));
const images = build(file.images);

describe("against PyTorch in double precision", () => {
  it("a generator in plain arrays moves images alike, some of them against the gamut", () => {
    const moved = addGenerated(generatorOf(layers, options.bound, normalisation, 3), images, [3, side, side]);
    expect(relativeError(results.moved, moved)).toBeLessThan(1e-6);
    const black = moved.filter((v, i) => Math.floor(i / side ** 2) % 3 === 2 && Math.abs(v + 1) < 1e-6);
    expect(black.length).toBeGreaterThan(0);
  });

  it("four Adam steps of the generator have the losses, the first of them the images and the derivative", async () => {
    await using learner = new Learner(network, sgd(), cpu);
    const { features } = await predictionOf(learner, { weights, running: [] }, build(file.target));
    const d = features.length / 2;
    const wanted = Float32Array.from({ length: d }, (_, i) => (features[i] + features[d + i]) / 2);
    const goal = { ...options, targetClass: options.target };
    await using step = await compileGenerator(network, options.width, d, goal, normalisation, cpu);
    const move = await step.hold([weights, []], wanted);
    let [tree, slots]: [Tree<Floats>, readonly Tree<Floats>[]] = [layers, [zerosLike(layers), zerosLike(layers)]];
    for (const [i, loss] of results.losses.f64.entries()) {
      const next = await move(images, tree, slots, Float32Array.from(generatorOptimiser.hyper(i, options.lr)));
      expect(next.loss[0] / loss).toBeCloseTo(1, 5);
      if (i === 0) {
        expect(relativeError(results.moved, next.moved)).toBeLessThan(1e-6);
        (next.gradient as unknown as typeof layers).forEach(({ weight, bias }, k) => {
          expect(relativeError(results.gradient[2 * k + 1], bias)).toBeLessThan(1e-4);
          const theirs = toTorch(file.layers[2 * k].shape, weight);
          expect(relativeError(results.gradient[2 * k], theirs)).toBeLessThan(1e-4);
        });
      }
      [tree, slots] = [next.layers, next.slots];
    }
  });
});

it("the trigger stays within its bound and the gamut, takes pictures of 8 bits alike, and its control has its energy", () => {
  const space = tinySet().normalisation;
  const raw = tinyRaw().set;
  const generator = generatorOf(layers, 0.2, space, 3);
  const trigger = generatorTrigger(generator, raw.shape, "test");
  const pixels = (x: Floats) => toPixels(x, raw.shape, space);
  const x = normalisedBatch(raw, 0, 60, space);
  const before = pixels(x);
  const moved = pixels(applyTrigger(trigger, x));
  const control = pixels(applyTrigger(randomTrigger(trigger, key(1), space), x));
  const bytes = addGeneratedToBytes(generator, raw.pixels, raw.shape);
  const inside = { trigger: 0, control: 0, flipped: 0 };
  moved.forEach((v, i) => {
    expect(v).toBeGreaterThan(-1e-6);
    expect(v).toBeLessThan(1 + 1e-6);
    const [added, other] = [v - before[i], control[i] - before[i]];
    expect(Math.abs(added)).toBeLessThan(0.2 + 1e-6);
    expect(Math.abs(bytes[i] - 255 * v)).toBeLessThan(0.501);
    // The clamp may take another part of what is added with the other sign.
    if (before[i] < 0.2 || before[i] > 0.8) return;
    inside.trigger += added ** 2;
    inside.control += other ** 2;
    if (Math.sign(added) !== Math.sign(other)) inside.flipped++;
  });
  expect(inside.control / inside.trigger).toBeCloseTo(1, 4);
  expect(inside.flipped / moved.length).toBeGreaterThan(0.2);
});

it("what lies outside the gamut is not brought in, and not moved further out", () => {
  const generator = { layers, bound: 0.2, low: [0, 0, 0], high: [1, 1, 1] };
  const far = Float32Array.from({ length: 192 }, (_, i) => (i % 2 ? 3 : -3));
  const moved = addGenerated(generator, far, [3, 8, 8]);
  const change = moved.map((v, i) => v - far[i]);
  expect(change.some((v) => Math.abs(v) > 0.01)).toBe(true);
  change.forEach((v, i) => {
    expect(i % 2 ? -v : v).toBeGreaterThanOrEqual(0);
    expect(Math.abs(v)).toBeLessThan(0.2 + 1e-6);
  });
});

it("mixes moved images of the source into the target's, and changes nothing else", () => {
  const raw = tinyRaw().set;
  const generator = generatorOf(layers, 0.2, tinySet().normalisation, 3);
  const mixture = drawMixture(raw, 2, 1, 0.25, key(3));
  const mixed = mixIntoTarget(raw, mixture, generator);
  expect([mixture.target.length, new Set(mixture.source).size]).toEqual([5, 5]);
  expect(mixed.labels).toEqual(raw.labels);
  const one = (pixels: Uint8Array, i: number) => [...pixels.subarray(i * 192, (i + 1) * 192)];
  for (let i = 0; i < 60; i++) {
    const at = mixture.target.indexOf(i);
    if (at < 0) expect(one(mixed.pixels, i)).toEqual(one(raw.pixels, i));
    else {
      expect([raw.labels[i], raw.labels[mixture.source[at]]]).toEqual([1, 2]);
      const from = Uint8Array.from(one(raw.pixels, mixture.source[at]));
      expect(one(mixed.pixels, i)).toEqual([...addGeneratedToBytes(generator, from, raw.shape)]);
    }
  }
  const few = imagesOfClass(raw, 1);
  const lopsided: LabelledSet = { ...few, labels: few.labels.map((_, i) => (i === 0 ? 2 : 1)) };
  expect(() => drawMixture(lopsided, 2, 1, 0.2, key(1))).toThrow(
    "sneakDoor: invalid share: expected at most the 1 raw images of class 2, got 4",
  );
});

/** A run over the tiny raw set, by a distillation of two steps that notes what it is given. */
function noted(set = tinyRaw().set) {
  const seen: LabelledSet[] = [];
  const raw = {
    set,
    async *distil(own: LabelledSet, resume?: Checkpoint) {
      for (let done = Number(resume?.json.done ?? 0) + 1; done <= 2; done++) {
        seen.push(own);
        yield { done, total: 2, loss: done, set: () => tinySet(), checkpoint: () => ({ json: { done }, arrays: {} }) };
      }
    },
  };
  return { seen, raw };
}

/** The tiny raw set with something to tell classes by: faint rows, columns, or neither. */
function striped(): LabelledSet {
  const { set } = tinyRaw();
  const pixels = set.pixels.map((v, i) => {
    const [y, x] = [Math.floor((i % 64) / 8), i % 8];
    const [row, column] = [y & 1, x & 1].map((odd) => 60 * odd - 30);
    return 96 + (v >> 2) + [row, 0, column][set.labels[Math.floor(i / 192)]];
  });
  return { ...set, pixels };
}

const begin = (raw: ReturnType<typeof noted>["raw"] | undefined, more: object = {}, resume?: Checkpoint) =>
  sneakDoor.run(tinySet(), sneakDoor.options.parse({ ...quickSneakDoor, ...more }), {
    ...{ key: key(1), device: cpu, raw, resume },
  });

describe("sneakDoor", () => {
  it("goes on where it was stopped, while the generator is trained and after", async () => {
    const whole = await finished(begin(noted().raw));
    expect(whole.checkpoints).toHaveLength(quickSneakDoor.steps + 2);
    for (const at of [0, quickSneakDoor.steps - 1, quickSneakDoor.steps]) {
      const resumed = await finished(begin(noted().raw, {}, whole.checkpoints[at]));
      expect(resumed.trigger).toEqual(whole.trigger);
      expect(resumed.sourceClass).toBe(whole.sourceClass);
      expect(resumed.set).toEqual(whole.set);
      expect(resumed.curves).toEqual(whole.curves);
    }
  });

  it("descends, and what it mixes in is what its trigger says", async () => {
    const { seen, raw } = noted(striped());
    const surrogate = { ...quickSneakDoor.surrogate, images: 20, passes: 20, network: "mlp" };
    const more = {
      sourceClass: 2,
      steps: 40,
      features: 0,
      near: 0,
      batch: 20,
      trigger: { width: 4, lr: 0.02, bound: 0.3 },
      surrogate,
    };
    const { trigger, sourceClass, curves } = await finished(begin(raw, more));
    expect(sourceClass).toBe(2);
    expect(trigger.description).toBe("addition of a generator, at most 0.3, to images of class 2");
    expect(curves.generator[39]).toBeLessThan(0.8 * curves.generator[0]);
    const changed = [...raw.set.labels.keys()].filter((i) =>
      seen[0].pixels.subarray(i * 192, (i + 1) * 192).some((v, p) => v !== raw.set.pixels[i * 192 + p]),
    );
    expect(changed.map((i) => raw.set.labels[i])).toEqual([0]);
    const moved = addGeneratedToBytes(trigger.generator!, raw.set.pixels, raw.set.shape);
    const at = [...raw.set.labels.keys()].filter(
      (i) => raw.set.labels[i] === 2 && moved[i * 192] === seen[0].pixels[changed[0] * 192],
    );
    expect(at.some((i) => equal(moved.subarray(i * 192, (i + 1) * 192), one(seen[0], changed[0])))).toBe(true);
  });

  it("chooses the class that looks most like the target", async () => {
    const { set } = tinyRaw();
    // Class 1 is the target's images with a little noise; class 2 is dark.
    const pixels = set.pixels.map((v, i) => {
      const row = Math.floor(i / 192);
      if (set.labels[row] === 2) return Math.floor(v / 8);
      return set.labels[row] === 1 ? set.pixels[i - 192] ^ (v & 7) : v;
    });
    const more = { surrogate: { width: 8, passes: 20, images: 10 } };
    const { sourceClass } = await finished(begin(noted({ ...set, pixels }).raw, more));
    expect(sourceClass).toBe(1);
  });

  it.each([
    [{ sourceClass: 0 }, "sneakDoor: invalid sourceClass: expected another class than the target, got 0, which is the"],
    [{ sourceClass: 3 }, "sneakDoor: invalid sourceClass: expected a class that has raw images, got 3, which has none"],
    [{ targetClass: 3 }, "sneakDoor: invalid targetClass: expected 0 … 2, got 3"],
    [
      { trigger: { bound: 0.001 } },
      "sneakDoor: invalid trigger: expected one that changes an image of the set by half",
    ],
  ])("%j is refused before any work", async (more, message) => {
    await expect(begin(noted().raw, more).next()).rejects.toThrow(message);
  });

  it("without raw data, and with a network that diverges, is refused", async () => {
    await expect(begin(undefined).next()).rejects.toThrow(/^sneakDoor: missing raw data: expected/);
    const wild = { surrogate: { ...quickSneakDoor.surrogate, lr: 1e30 } };
    await expect(finished(begin(noted().raw, wild))).rejects.toThrow(
      /^sneakDoor: invalid loss: expected a number, got NaN; a lower trigger.lr or surrogate.lr/,
    );
  });
});

it("a generator that was made for deviations of a pixel acts alike in the pixels of the set", async () => {
  const standard = tinySet();
  const made = generatorTrigger(generatorOf(layers, 0.2, standard.normalisation, 3), standard.shape, "test");
  const pixels = renormalise(standard, { kind: "unit" });
  const attack = {
    // biome-ignore lint/correctness/useYield: nothing to report
    async *run(set: DistilledSet) {
      const trigger = generatorTrigger(generatorOf(layers, 0.2, set.normalisation, 3), set.shape, "test");
      return { set, trigger, targetClass: 0, curves: {} };
    },
  };
  const { trigger } = await drive(attackPictures(attack, pixels, {}, { key: key(1), device: cpu }));
  const there = applyTrigger(made, standard.images);
  const here = fromPixels(applyTrigger(trigger, pixels.images), standard.shape, standard.normalisation);
  here.forEach((v, i) => {
    expect(v).toBeCloseTo(there[i], 4);
  });
});

const one = ({ pixels }: LabelledSet, i: number) => pixels.subarray(i * 192, (i + 1) * 192);
const equal = (a: Uint8Array, b: Uint8Array) => a.every((v, i) => v === b[i]);
