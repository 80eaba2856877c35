import { expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import type { Normalisation } from "../../src/data/Normalisation.ts";
import { toPixels } from "../../src/data/normalise.ts";
import type { DistillationStep } from "../../src/distill/Distillation.ts";
import { intensiveOptions, settled } from "../../src/distill/gradientMatching/intensiveOptions.ts";
import { informationIntensive } from "../../src/distill/methods.ts";
import { noise } from "./noise.ts";

const tiny = {
  ipc: 1,
  factor: 2,
  iterations: 2,
  outer: 2,
  batchReal: 4,
  netImages: 4,
  batchNet: 4,
  width: 4,
  depth: 2,
};
const plain: Normalisation = { kind: "meanStd", mean: [0.5], std: [0.25] };

async function distilled(more: object, normalisation = plain): Promise<DistillationStep> {
  const context = { normalisation, key: key("intensive"), device: { name: "cpu", threads: 1 } as const };
  let last: DistillationStep | undefined;
  for await (const step of informationIntensive.run(noise, intensiveOptions.parse({ ...tiny, ...more }), context))
    last = step;
  return last!;
}

it("what is left open is as published: by colour", () => {
  const of = (channels: number, options: object) =>
    settled(intensiveOptions.parse(options), { ...noise, shape: [12, channels, 8, 8] });
  expect(of(3, { ipc: 10 })).toMatchObject({ distance: "mse", lrImg: 5e-3, netImages: 2000, factor: 2 });
  expect(of(1, { ipc: 1 })).toMatchObject({ distance: "l1", lrImg: 1e-4, netImages: 500 });
  expect(of(1, { ipc: 50, distance: "mse" })).toMatchObject({ distance: "mse", lrImg: 5e-3 });
  expect(of(3, { lrImg: 1, netImages: 5 })).toMatchObject({ lrImg: 1, netImages: 5 });
});

it("the set holds the parts, enlarged, as pictures can hold them, however far a step goes", async () => {
  const step = await distilled({ lrImg: 100 });
  const { shape, images, metadata } = step.set();
  expect(shape).toEqual([12, 1, 8, 8]);
  const pixels = toPixels(images, shape, plain);
  expect(Math.min(...pixels)).toBeGreaterThan(-1e-6);
  expect(Math.max(...pixels)).toBeLessThan(1 + 1e-6);
  const kept = step.checkpoint().arrays.images;
  expect(Math.min(...kept) < 0 || Math.max(...kept) > 1).toBe(true);
  expect(metadata.options).toMatchObject({ distance: "l1", netImages: 4 });
});

it("what cannot be done to synthetic images, or in a space without single pixels, is refused", async () => {
  await expect(distilled({ augmentation: "color+noise" })).rejects.toThrow(
    "distil: invalid augmentation: expected stages of DSA operators, got noise",
  );
  await expect(distilled({ netAugmentation: "flip-crop" })).rejects.toThrow("invalid netAugmentation");
  await expect(distilled({}, { kind: "zca" })).rejects.toThrow("gamut: invalid normalisation");
});
