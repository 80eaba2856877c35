import { hashJson } from "../../../src/core/hash.ts";
import { child, key, Stream } from "../../../src/core/random.ts";
import type { NetworkResult } from "../../../src/report/record.ts";
import {
  type FinishedTrial,
  type SweepRecord,
  sweepFormat,
  type Trial,
} from "../../../src/report/sweep/sweepRecord.ts";

/** What the made-up trials of a fixture do. */
export interface SweepScenario {
  /** Axis → its values. An axis called seed repeats. */
  readonly axes: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  /** Networks a trial and set. */
  readonly networks: number;
  /** How much more the last trigger raises ASR over its controls than the first one, which raises it by nothing. */
  readonly effect: number;
  /** Every how many-th trial failed; 0: none. */
  readonly failEvery: number;
  /** Whether networks of the tampered set were shown other images than triggered ones, and those of the clean set any. */
  readonly controls: boolean;
}

const few: SweepScenario["axes"] = { trigger: ["white1", "white3", "white5", "noise5", "blend"] };

/** 5 × 5 × 5 × 8 × 5 = 5 000 trials. */
export const many: SweepScenario["axes"] = {
  set: ["dc-1", "dc-10", "dm-10", "dsa-10", "random-10"],
  trigger: ["white1", "white3", "white5", "noise5", "blend"],
  network: ["ConvNet", "LeNet", "AlexNet", "VGG11", "ResNet18"],
  training: ["sgd 50", "sgd 100", "sgd 300", "adam 50", "cosine 100", "dsa 300", "flip-crop 300", "mixup 300"],
  seed: [0, 1, 2, 3, 4],
};

/** Make a sweep's record for tests. FIXTURE: its rates are drawn from a random generator, nothing was trained. */
export function syntheticSweep(scenario: Partial<SweepScenario> = {}): SweepRecord {
  const all: SweepScenario = { axes: few, networks: 3, effect: 0.5, failEvery: 0, controls: true, ...scenario };
  const names = Object.keys(all.axes);
  const trials = product(all.axes).map((axes, i): Trial => {
    const config = configOf(axes);
    const base = { id: hashJson(config), axes, config, link: `trials/${hashJson(config).slice(0, 16)}.json` };
    if (all.failEvery > 0 && i % all.failEvery === all.failEvery - 1)
      return { ...base, status: "failed", error: "train: invalid loss: expected a finite number, got NaN at epoch 17" };
    return { ...base, status: "ok", ...measured(axes, all) };
  });
  return {
    format: sweepFormat,
    title: "Fixture: triggers on distilled sets",
    command: "retort run experiments/triggers.yaml --jobs 2",
    created: "2026-01-01T12:00:00.000Z",
    experiment: {
      title: "Fixture: triggers on distilled sets",
      matrix: all.axes,
      evaluation: { repeats: all.networks },
    },
    axes: names.map((name) => ({
      name,
      values: [...all.axes[name]],
      ...(name === "seed" && { repeats: true }),
    })),
    trials,
    versions: {
      retort: "0.1.0",
      node: "20.20.2",
      onnxruntime: "1.30.0",
      platform: "linux-x64",
      device: "cpu",
      threads: 2,
    },
    data: { test: { name: "strokes test", sha256: "7c".repeat(32), images: 10_000 } },
  };
}

function product(axes: SweepScenario["axes"]): Record<string, string | number | boolean>[] {
  return Object.entries(axes).reduce<Record<string, string | number | boolean>[]>(
    (points, [name, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

function configOf(axes: Readonly<Record<string, string | number | boolean>>): Record<string, unknown> {
  return {
    method: "poisonedDistillation",
    alpha: 0.6,
    steps: 101,
    lr: 0.1,
    ...axes,
    surrogate: { network: "convnet", width: 128, extraLayer: 512, epochs: 100 },
    evaluation: { batch: 256, lr: 0.01 },
  };
}

/** Draw a trial's numbers; each axis shifts them by the place of its value. */
function measured(
  axes: Readonly<Record<string, string | number | boolean>>,
  { axes: all, networks, effect, controls }: SweepScenario,
): Pick<FinishedTrial, "evaluations" | "seconds" | "trigger" | "stealth"> {
  const place = (name: string) => (all[name] ? all[name].indexOf(axes[name]) / Math.max(1, all[name].length - 1) : 0.5);
  const stream = new Stream(child(key("sweep fixture"), JSON.stringify(axes)));
  const around = (mean: number, sd: number) => Math.min(1, Math.max(0, mean + sd * stream.normal()));
  const clean = 0.25 + 0.4 * place("set") + 0.08 * place("training") - 0.1 * place("network");
  const control = 0.05 + 0.08 * place("training");
  const rise = effect * place("trigger") * (1 - 0.7 * place("network"));
  const evaluations = Array.from({ length: networks }, (_, seed): NetworkResult[] => {
    const base = { network: String(axes.network ?? "ConvNet"), seed, epochs: 100 };
    const luck = 0.012 * stream.normal();
    return [
      { ...base, set: "clean", cta: around(clean + luck, 0.004), ...(controls && { asr: around(0.05, 0.01) }) },
      {
        ...base,
        set: "tampered",
        cta: around(clean + luck - 0.15 * place("trigger") * place("set"), 0.006),
        asr: around(control + rise + luck, 0.02),
        ra: around(0.5 * clean, 0.01),
        ...(controls && {
          asrWithoutTrigger: around(control + luck, 0.012),
          asrRandomTrigger: around(control - 0.01 + luck, 0.012),
        }),
      },
    ];
  }).flat();
  return {
    evaluations,
    seconds: { attack: stream.uniform(40, 90), evaluation: stream.uniform(10, 30) },
    trigger: { description: String(axes.trigger ?? "square of 3×3"), inGamut: axes.trigger !== "noise5" },
    stealth: {
      psnr: 20 + 10 * stream.uniform(),
      ssim: 0.9 + 0.08 * stream.uniform(),
      maxAbsDifference: 0.4,
      outOfGamut: { clean: 0.001, tampered: 0.01 },
    },
  };
}
