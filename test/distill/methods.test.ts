import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { NumericError } from "../../src/core/errors.ts";
import { child, key, uniform } from "../../src/core/random.ts";
import { hardClasses } from "../../src/data/DistilledSet.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { normalisedBatch } from "../../src/data/normalisedBatch.ts";
import type { Distillation, DistillationContext, DistillationStep } from "../../src/distill/Distillation.ts";
import * as methods from "../../src/distill/methods.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";

/** Noise around a pattern of each class: enough to be learnt, small enough to be quick. */
function patterns(classes: number, each: number, side = 8): LabelledSet {
  const [n, size] = [classes * each, side * side];
  const centres = Array.from({ length: classes }, (_, k) => uniform(child(key("centre"), k), size, 40, 215));
  const noise = uniform(key("noise"), n * size, -40, 40);
  return {
    kind: "labelled",
    name: "patterns",
    pixels: Uint8Array.from(noise, (v, i) => v + centres[Math.floor(i / size) % classes][i % size]),
    shape: [n, 1, side, side],
    labels: Int32Array.from({ length: n }, (_, i) => i % classes),
    classes,
    classNames: centres.map((_, k) => `class ${k}`),
  };
}

const set = patterns(3, 8);
const context: DistillationContext = {
  normalisation: { kind: "meanStd", mean: [0.5], std: [0.25] },
  key: key("test"),
  device: { name: "cpu", threads: 1 },
};

/** Options that make each method quick. A method without an entry runs with its defaults. */
const quick: Record<string, Record<string, unknown>> = {
  alignedTrajectories: {
    iterations: 3,
    studentSteps: 3,
    experts: 2,
    expertEpochs: 1,
    expertBatch: 6,
    expertLr: 0.1,
    maxStart: 2,
    startFrom: 1,
    growth: 2,
    lrImg: 1,
    lrRate: 1e-4,
    lrLabel: 0.5,
    batchTrain: 3,
    width: 4,
    depth: 2,
  },
  attentionMatching: { iterations: 3, batchReal: 6, width: 4, depth: 2 },
  characteristicMatching: {
    ...{ iterations: 3, batchReal: 6, frequencies: 8, sampler: "learnt", factor: 1, width: 4, depth: 2 },
  },
  datasetCondensation: { iterations: 2, outer: 3, inner: 2, batchReal: 6, batchTrain: 4, width: 4, depth: 2 },
  informationIntensive: {
    factor: 1,
    ipc: 2,
    iterations: 2,
    outer: 3,
    batchReal: 6,
    netImages: 6,
    batchNet: 4,
    width: 4,
    depth: 2,
  },
  distributionMatching: { iterations: 4, batchReal: 6, width: 4, depth: 2 },
  matchingTrajectories: {
    iterations: 3,
    studentSteps: 3,
    experts: 2,
    expertEpochs: 1,
    expertBatch: 6,
    maxStart: 2,
    lrImg: 1,
    lrRate: 1e-4,
    width: 4,
    depth: 2,
  },
  neuralFeatureRegression: {
    iterations: 5,
    batchReal: 8,
    poolSize: 2,
    poolUpdates: 3,
    lrImg: 0.01,
    width: 4,
    depth: 2,
  },
  randomFeatureApproximation: { iterations: 4, newEvery: 2, models: 2, batchReal: 8, lrImg: 0.05, width: 4, depth: 2 },
  realisticDiverse: { candidates: 4, crops: 2, teacherEpochs: 2, teacherBatch: 8, width: 4, depth: 2 },
  squeezeRecoverRelabel: {
    iterations: 5,
    batchImg: 3,
    teacherEpochs: 8,
    teacherBatch: 6,
    teacherLr: 0.05,
    width: 4,
    depth: 2,
  },
  siameseCondensation: { iterations: 2, outer: 2, inner: 2, batchReal: 6, width: 4, depth: 2 },
};
const optionsOf = (name: string, method: Distillation, more: object = {}) =>
  method.options.parse({ ipc: 2, ...quick[name], ...more });

async function all(
  method: Distillation,
  options: Record<string, unknown>,
  around: Partial<DistillationContext> = {},
  source: LabelledSet = set,
): Promise<DistillationStep[]> {
  const steps: DistillationStep[] = [];
  for await (const step of method.run(source, options, { ...context, ...around })) steps.push(step);
  return steps;
}
const lastOf = (steps: readonly DistillationStep[]) => steps[steps.length - 1];
const bytesOf = (step: DistillationStep) => setToSafetensors(step.set());
/** What a file gives back: everything goes through JSON and fresh arrays. */
const stored = ({ json, arrays }: Checkpoint): Checkpoint => ({
  json: JSON.parse(JSON.stringify(json)),
  arrays: Object.fromEntries(Object.entries(arrays).map(([k, v]) => [k, v.slice()])),
});

describe.each(Object.entries<Distillation>(methods))("%s", (name, method) => {
  it("describes itself", () => {
    expect(method.title).toMatch(/^[A-Z]/);
    expect(method.abbreviation).toMatch(/^[a-z0-9]+$/);
    expect(method.source).toMatch(/arXiv \d{4}\.\d{5}/);
    for (const [option, schema] of Object.entries(method.options.shape)) {
      expect((schema as z.ZodType).description, option).toBeTruthy();
      expect((schema as z.ZodType).safeParse(undefined).success, `${option} has a default`).toBe(true);
    }
    expect(method.options.safeParse({ nonsense: 1 }).success).toBe(false);
    expect(z.toJSONSchema(method.options)).toMatchObject({ type: "object" });
    for (const preset of Object.values(method.presets ?? {}))
      expect(method.options.parse({ ...preset })).toMatchObject({ ...preset });
  });

  it("makes a set: class after class, normalised, with its record; the last step is the whole", async () => {
    const options = optionsOf(name, method);
    const steps = await all(method, options, { record: { seed: 7 } });
    steps.forEach((step, i) => {
      expect(step).toMatchObject({ iteration: i + 1, total: steps.length });
    });
    const made = lastOf(steps).set();
    expect(made.shape).toEqual([6, 1, 8, 8]);
    expect([...hardClasses(made)]).toEqual([0, 0, 1, 1, 2, 2]);
    expect(made.images.every(Number.isFinite)).toBe(true);
    expect(made).toMatchObject({ classes: 3, classNames: set.classNames, normalisation: context.normalisation });
    expect(made.metadata).toMatchObject({
      method: name,
      options: { ...options },
      seed: 7,
      source: { name: "patterns", images: 24 },
    });
    expect(JSON.parse(JSON.stringify(made.metadata))).toEqual(made.metadata);
  });

  it("same key, same bytes; another key, another set", async () => {
    const options = optionsOf(name, method);
    const bytes = bytesOf(lastOf(await all(method, options)));
    expect(bytesOf(lastOf(await all(method, options)))).toEqual(bytes);
    expect(bytesOf(lastOf(await all(method, options, { key: key("other") })))).not.toEqual(bytes);
  });

  it("goes on from any checkpoint with the same bytes", async () => {
    const options = optionsOf(name, method);
    const steps = await all(method, options);
    for (const step of steps) {
      const rest = await all(method, options, { resume: stored(step.checkpoint()) });
      const same = Math.min(step.iteration + 1, step.total);
      expect(rest[0]).toMatchObject({
        iteration: same,
        ...(steps[same - 1].loss ? { loss: steps[same - 1].loss } : {}),
      });
      expect(bytesOf(lastOf(rest))).toEqual(bytesOf(lastOf(steps)));
    }
    const [first] = steps;
    await expect(all(method, options, { resume: first.checkpoint(), key: key("other") })).rejects.toThrow(
      `${name}: invalid checkpoint`,
    );
  });

  it("a step's set does not change when the work goes on", async () => {
    const options = optionsOf(name, method);
    const generator = method.run(set, options, context);
    const first = (await generator.next()).value as DistillationStep;
    const before = bytesOf(first);
    for await (const _ of generator);
    expect(bytesOf(first)).toEqual(before);
  });

  it("refuses more images than a class has", async () => {
    const [options, said] = [
      optionsOf(name, method, { ipc: 9 }),
      "ipc: expected at most 8, all images of class 0, got 9",
    ];
    expect(() => method.check(set, options)).toThrow(said);
    await expect(all(method, options)).rejects.toThrow(said);
  });
});

describe("random real images", () => {
  it("are images of the set, of their class, none twice", async () => {
    const made = lastOf(await all(methods.randomReal, { ipc: 5 })).set();
    const size = 8 * 8;
    const rows = Array.from({ length: 24 }, (_, i) => normalisedBatch(set, i, i + 1, context.normalisation).join());
    const found = Array.from({ length: 15 }, (_, i) =>
      rows.indexOf(made.images.subarray(i * size, (i + 1) * size).join()),
    );
    expect(new Set(found).size).toBe(15);
    found.forEach((row, i) => {
      expect(set.labels[row]).toBe(Math.floor(i / 5));
    });
  });
});

describe("distribution matching", () => {
  const { distributionMatching } = methods;
  const run = (more: object, source: LabelledSet = set) =>
    all(
      distributionMatching,
      distributionMatching.options.parse({ ...quick.distributionMatching, ...more }),
      {},
      source,
    );

  it("the loss falls on strokes", async () => {
    const options = { ipc: 1, iterations: 20, batchReal: 10, width: 8, depth: 3, init: "noise", lrImg: 10 };
    const steps = await all(
      distributionMatching,
      distributionMatching.options.parse(options),
      { normalisation: knownNormalisations.strokes },
      strokes("train", 200),
    );
    const mean = (part: readonly DistillationStep[]) => part.reduce((sum, s) => sum + s.loss!, 0) / part.length;
    expect(mean(steps.slice(-4)) / mean(steps.slice(0, 2))).toBeLessThan(0.7);
  });

  it("no class depends on another", async () => {
    const without: LabelledSet = { ...patterns(3, 8), classes: 2, classNames: undefined };
    const rows = [...without.labels.keys()].filter((i) => without.labels[i] < 2);
    const fewer: LabelledSet = {
      ...without,
      pixels: Uint8Array.from(rows.flatMap((i) => [...without.pixels.subarray(64 * i, 64 * (i + 1))])),
      labels: Int32Array.from(rows, (i) => without.labels[i]),
      shape: [rows.length, 1, 8, 8],
    };
    const [three, two] = [
      lastOf(await run({ ipc: 2 })).set().images,
      lastOf(await run({ ipc: 2 }, fewer)).set().images,
    ];
    expect(two).toHaveLength(2 * 2 * 64);
    expect(two).toEqual(three.slice(0, two.length));
  });

  it("starts from noise if asked to, runs without momentum and without augmentation", async () => {
    const options = { ipc: 1, iterations: 2, init: "noise", momentum: 0, dsa: "none" };
    const steps = await run(options);
    expect(Object.keys(steps[0].checkpoint().arrays)).toEqual(["images"]);
    const values = steps[0].set().images;
    expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(0, 1);
  });

  it("says which iteration went wrong, which class is empty, which picture is not square", async () => {
    const wild = run({ ipc: 1, lrImg: 1e30, iterations: 4, norm: "none" });
    await expect(wild).rejects.toThrow(NumericError);
    await expect(wild).rejects.toThrow(/lower lrImg may help \(at iteration \d\)/);
    const empty = { ...set, classes: 4 };
    await expect(run({ init: "noise", ipc: 1 }, empty)).rejects.toThrow("got none of class 3");
    await expect(run({}, { ...set, shape: [24, 1, 16, 4] })).rejects.toThrow("expected square ones, got 16×4");
    await expect(run({ dsa: "blur" })).rejects.toThrow("dsa: unknown DSA operator");
  });
});
