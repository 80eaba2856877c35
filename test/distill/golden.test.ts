import { describe, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import type { Labels } from "../../src/data/DistilledSet.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import type { Distillation, DistillationStep } from "../../src/distill/Distillation.ts";
import * as methods from "../../src/distill/methods.ts";
import { det } from "../golden/det.ts";
import { golden, relativeError, type Scalar, type Summary } from "../golden/summary.ts";

interface Golden {
  readonly classes: number;
  readonly channels: number;
  readonly side: number;
  readonly images: number;
  readonly mean: number;
  readonly std: number;
  readonly cases: readonly {
    name: string;
    method: keyof typeof methods;
    options: Record<string, unknown>;
    seed: string;
    results: {
      images: Summary;
      change?: Summary;
      losses: Scalar<number[]>;
      /** What is learnt besides. */
      rate?: Scalar;
      labels?: Summary;
      plattScale?: Scalar;
    };
  }[];
}

const [file, ...others] = [
  "distill.json",
  "trajectories.json",
  "squeeze.json",
  "ridge.json",
  "characteristic.json",
].map((name) => golden<Golden>(name));
const { classes, channels, side } = file;
const cases = [file, ...others].flatMap((one) => one.cases);
const n = file.images;
const raw: LabelledSet = {
  kind: "labelled",
  name: "formula",
  pixels: Uint8Array.from(det("distill/pixels", n * channels * side * side, 127.5, 128)),
  shape: [n, channels, side, side],
  labels: Int32Array.from({ length: n }, (_, i) => i % classes),
  classes,
};
const triple = (x: number) => [x, x, x];
const normalisation = { kind: "meanStd", mean: triple(file.mean), std: triple(file.std) } as const;

/** A whole run: as it began, its losses, as it ended. */
async function run({ method: name, options, seed }: Golden["cases"][number], more: object = {}) {
  const method: Distillation = methods[name];
  const context = { normalisation, key: key(seed), device: { name: "cpu", threads: 1 } as const };
  const steps: DistillationStep[] = [];
  for await (const step of method.run(raw, method.options.parse({ ...options, ...more }), context)) steps.push(step);
  const made = steps[steps.length - 1].set();
  return { losses: steps.map((s) => s.loss!), images: made.images, made };
}

describe.each(cases)("$name, all iterations as PyTorch does them", (one) => {
  it("losses, images and how far they moved", { timeout: 60_000 }, async () => {
    const { losses, images, made } = await run(one);
    expect(losses).toHaveLength(one.results.losses.f64.length);
    losses.forEach((loss, i) => {
      expect(loss / one.results.losses.f64[i]).toBeCloseTo(1, 5);
    });
    expect(relativeError(one.results.images, images)).toBeLessThan(1e-5);
    const { rate, labels, plattScale } = one.results;
    if (rate) expect((made.metadata.lr as number) / rate.f64).toBeCloseTo(1, 5);
    if (plattScale) expect((made.metadata.plattScale as number) / plattScale.f64).toBeCloseTo(1, 5);
    if (labels)
      expect(relativeError(labels, (made.labels as Extract<Labels, { kind: "soft" }>).values)).toBeLessThan(1e-4);
    // What is chosen among real crops does not move.
    if (!one.results.change) return;
    // A step of no length leaves the images where they began.
    const before = (await run(one, { lrImg: 1e-30, iterations: 1, ...(one.options.outer ? { outer: 1 } : {}) })).images;
    const change = images.map((x, i) => x - before[i]);
    expect(relativeError(one.results.change, change)).toBeLessThan(1e-4);
  });
});
