import { expect, it } from "vitest";
import { key, uniform } from "../../src/core/random.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import type { Normalisation } from "../../src/data/Normalisation.ts";
import { normalisedBatch, normalisedRows } from "../../src/data/normalisedBatch.ts";
import { heldWhitened } from "../../src/data/whitenedImages.ts";
import { fitZca } from "../../src/data/zca.ts";
import type { DistillationStep } from "../../src/distill/Distillation.ts";
import { distributionMatching } from "../../src/distill/methods.ts";
import { whitenRaw } from "../../src/train/whitenRaw.ts";

const device = { name: "cpu", threads: 1 } as const;
const raw = (): LabelledSet => ({
  kind: "labelled",
  name: "noise",
  pixels: Uint8Array.from(uniform(key("pixels"), 24 * 64, 0, 255)),
  shape: [24, 1, 8, 8],
  labels: Int32Array.from({ length: 24 }, (_, i) => i % 3),
  classes: 3,
});
const whitening = fitZca(
  Float32Array.from(raw().pixels, (v) => v / 255),
  raw().shape,
);
const normalisation: Normalisation = { kind: "zca", fit: { data: "0".repeat(64), epsilon: 0.1 }, whitening };

it("a raw set that was whitened once gives the images that whitening each of them gives", async () => {
  const [once, each] = [raw(), raw()];
  const seen: number[] = [];
  await whitenRaw(once, normalisation, device, { onProgress: (done) => seen.push(done) });
  expect(seen).toEqual([24]);
  const rows = [5, 0, 23, 5];
  const far = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));
  expect(far(normalisedRows(once, rows, normalisation), normalisedRows(each, rows, normalisation))).toBeLessThan(1e-5);
  const [some, others] = [once, each].map((set) => normalisedBatch(set, 3, 9, normalisation));
  expect(far(some, others)).toBeLessThan(1e-5);
  // What is given away is the reader's own.
  some.fill(0);
  expect(far(normalisedBatch(once, 3, 9, normalisation), others)).toBeLessThan(1e-5);
  // Another whitening and another normalisation are not mistaken for it.
  expect(heldWhitened(once, { ...whitening })).toBeUndefined();
  expect(normalisedRows(once, rows, { kind: "unit" })).toEqual(normalisedRows(each, rows, { kind: "unit" }));
});

it("is stopped at a block, and does nothing where nothing is whitened", async () => {
  const set = raw();
  await expect(
    whitenRaw(set, normalisation, device, { signal: AbortSignal.abort(new Error("enough")) }),
  ).rejects.toThrow("enough");
  await whitenRaw(set, { kind: "unit" }, device);
  expect(heldWhitened(set, whitening)).toBeUndefined();
});

it("distilled in the whitened space: from whitened images, resumed with the same bytes", async () => {
  const set = raw();
  await whitenRaw(set, normalisation, device);
  const options = distributionMatching.options.parse({ ipc: 2, iterations: 3, batchReal: 6, width: 4, depth: 2 });
  const run = async (resume?: ReturnType<DistillationStep["checkpoint"]>) => {
    const steps: DistillationStep[] = [];
    const context = { normalisation, key: key("run"), device, resume };
    for await (const step of distributionMatching.run(set, options, context)) steps.push(step);
    return steps;
  };
  const steps = await run();
  const made = steps[2].set();
  expect(made.normalisation).toBe(normalisation);
  const checkpoint = steps[0].checkpoint();
  // A checkpoint names the whitening, and does not carry it.
  expect(JSON.stringify(checkpoint.json).length).toBeLessThan(500);
  const resumed = await run(checkpoint);
  expect(resumed[resumed.length - 1].set().images).toEqual(made.images);
});
