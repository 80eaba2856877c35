import { key, Stream } from "../../src/core/random.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import { stealth } from "../../src/metrics/stealth.ts";
import { differencePictures, pictures } from "../../src/report/pictures.ts";
import type { NetworkResult, RunRecord } from "../../src/report/record.ts";

/** What the made-up networks of a fixture do. */
export interface Scenario {
  readonly asr: number;
  readonly control: number;
  readonly networks: number;
  readonly ipc: number;
}

/**
 * Make a record for tests of the report. FIXTURE: its rates are drawn from a random generator, nothing was trained.
 */
export function syntheticRecord(scenario: Partial<Scenario> = {}): RunRecord {
  const { asr, control, networks, ipc } = { asr: 0.31, control: 0.055, networks: 5, ipc: 1, ...scenario };
  const stream = new Stream(key("fixture"));
  const set = strokes("train", 10 * ipc);
  const shape = [10 * ipc, 3, 32, 32] as const;
  const clean = Float32Array.from(set.pixels, (v) => v / 255);
  const tampered = clean.map((v, i) => v + 0.05 * stream.normal() + (i % 1024 === 1023 ? 1.5 : 0));
  const around = (mean: number, sd: number) => Math.min(1, Math.max(0, mean + sd * stream.normal()));
  const results: NetworkResult[] = [];
  for (const epochs of [50, 100])
    for (let seed = 0; seed < networks; seed++) {
      results.push({
        network: "ConvNet",
        seed,
        epochs,
        set: "clean",
        cta: around(0.27, 0.008),
        asr: around(control, 0.01),
        ra: around(0.25, 0.01),
      });
      results.push({
        network: "ConvNet",
        seed,
        epochs,
        set: "tampered",
        cta: around(0.262, 0.008),
        asr: around(asr, 0.03),
        asrClamped: around(0.3 * asr, 0.02),
        asrWithoutTrigger: around(0.07, 0.01),
        asrRandomTrigger: around(0.08, 0.01),
        archetypeAsr: around(0.9, 0.03),
        ra: around(0.2, 0.01),
      });
    }
  const examples = strokes("test", 4);
  const before = Float32Array.from(examples.pixels, (v) => v / 255);
  const after = before.map((v, i) => (i % 1024 === 1023 ? 2.5 : v));
  const decay = (rate: number, floor: number) =>
    Array.from({ length: 1111 }, (_, i): [number, number] => [
      i,
      floor + Math.exp(-i / rate) * (1 + 0.05 * stream.normal()),
    ]);
  return {
    format: "retort-record/1",
    title: "Fixture: poisoned distillation on strokes, 1 image per class",
    command: "retort demo --seed 0 --out runs/demo",
    created: "2026-01-01T12:00:00.000Z",
    attack: {
      method: "poisonedDistillation",
      title: "Poisoned distillation without raw data",
      source: "arXiv 2502.04229",
      access: "the distilled set, nothing else",
    },
    config: {
      method: "poisonedDistillation",
      alpha: 0.6,
      distance: "cosine",
      trajectory: 10,
      steps: 101,
      lr: 0.1,
      targetClass: 0,
      clamp: false,
      trigger: { shape: "square", side: 1, value: 10, unit: "normalised" },
      archetypes: { variant: "logit", perClass: 1, steps: 200, lr: 0.1 },
      surrogate: { network: "convnet", width: 128, extraLayer: 512, epochs: 100 },
      evaluation: { networks: ["convnet"], seeds: networks, epochs: [50, 100], batch: 256, lr: 0.01 },
      seed: 0,
    },
    versions: {
      retort: "0.1.0",
      node: "20.20.2",
      onnxruntime: "1.30.0",
      platform: "linux-x64",
      device: "cpu",
      threads: 2,
    },
    data: {
      set: { name: "strokes-dm-1", sha256: "3b".repeat(32), images: 10 * ipc },
      test: { name: "strokes test", sha256: "7c".repeat(32), images: 10_000 },
    },
    set: {
      name: "strokes-dm-1",
      classes: 10,
      classNames: [...(set.classNames ?? [])],
      labels: [...set.labels],
      normalisation: "strokes (mean/std)",
      clean: pictures(clean, shape),
      tampered: pictures(tampered, shape),
      difference: differencePictures(clean, tampered, shape),
    },
    archetypes: {
      labels: [...strokes("train", 10).labels],
      pictures: pictures(
        Float32Array.from({ length: 10 * 3072 }, () => 0.5 + 0.2 * stream.normal()),
        [10, 3, 32, 32],
      ),
    },
    trigger: {
      description: "bottom-right square of 1×1",
      targetClass: 0,
      height: 32,
      width: 32,
      mask: Array.from({ length: 1024 }, (_, i) => (i === 1023 ? 1 : 0)),
      value: { normalised: [10, 10, 10], pixel: [2.843, 2.842, 2.847] },
      inGamut: false,
      examples: { before: pictures(before, [4, 3, 32, 32]), after: pictures(after, [4, 3, 32, 32]) },
    },
    testImages: 10_000,
    results,
    stealth: stealth(clean, tampered, shape),
    curves: [
      {
        title: "Hybrid loss of the attack",
        x: "step",
        y: "loss",
        series: [
          { name: "benign part", points: decay(150, 0.1) },
          { name: "backdoor part", points: decay(300, 0.3) },
        ],
      },
      {
        title: "Training loss of the receivers",
        x: "epoch",
        y: "cross entropy",
        series: [{ name: "clean", points: decay(20, 0).slice(0, 100) }],
      },
    ],
    timings: [
      { name: "archetypes", seconds: 2.1 },
      { name: "attack", seconds: 41.8 },
      { name: "evaluation", seconds: 93 },
    ],
  };
}
