import { describe, expect, it } from "vitest";
import { chosenNeurons } from "../../src/attack/rawData/doorping/chosenNeurons.ts";
import { compileExcitement, patternOptimiser } from "../../src/attack/rawData/doorping/compileExcitement.ts";
import { doorping } from "../../src/attack/rawData/doorping/doorping.ts";
import { drive } from "../../src/core/drive.ts";
import { key } from "../../src/core/random.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { squareTrigger } from "../../src/data/Trigger.ts";
import type { Floats } from "../../src/nn/Network.ts";
import { build } from "../golden/det.ts";
import { relativeError } from "../golden/summary.ts";
import { file, network, normalisation, ourFeature, shape, under, weights } from "./goldenTriggers.ts";
import { cpu, quickDoorping, tinyRaw, tinySet } from "./tiny.ts";

const { options, chosen, results } = file.excite;

it("chooses the neurons that PyTorch chooses", () => {
  const mask = chosenNeurons(network, weights, options.neurons);
  expect([...mask.keys()].filter((d) => mask[d] === 1)).toEqual(chosen.map(ourFeature).sort((a, b) => a - b));
});

it("follows PyTorch through eight Adam steps of the trigger, some of them against the gamut", async () => {
  const square = { side: 2, value: 1, unit: "pixel", margin: 1, corner: "bottom-right", opacity: 1 } as const;
  const trigger = squareTrigger(square, shape(1), normalisation);
  const d = 128;
  await using excitement = await compileExcitement(network, options.images, d, trigger, normalisation, cpu);
  const mask = chosenNeurons(network, weights, options.neurons);
  const images = build(file.images.excite);
  let pattern: Floats = build(file.pattern);
  let slots: readonly Floats[] = [new Float32Array(pattern.length), new Float32Array(pattern.length)];
  const hyper = (i: number) => Float32Array.from(patternOptimiser.hyper(i, options.lr));
  const look = await excitement.hold([weights, []], images, mask, new Float32Array(options.images * d));
  const wanted = (await look(pattern, slots, hyper(0))).features.map((v) => options.multiple * v);
  const move = await excitement.hold([weights, []], images, mask, wanted);
  for (const [i, loss] of results.losses.f64.entries()) {
    const next = await move(pattern, slots, hyper(i));
    expect(next.loss[0] / loss).toBeCloseTo(1, 5);
    ({ pattern, slots } = next);
  }
  expect(relativeError(results.pattern, under(trigger, pattern))).toBeLessThan(1e-5);
});

/** A run over the tiny raw set whose distillation notes what the stamped images hold at every step. */
async function noted(settings: object, total: number) {
  const { set } = tinyRaw();
  const seen: Uint8Array[] = [];
  const raw = {
    set,
    async *distil(own: LabelledSet) {
      for (let done = 1; done <= total; done++) {
        seen.push(own.pixels.slice());
        yield { done, total, set: () => tinySet(), checkpoint: () => ({ json: { done }, arrays: {} }) };
      }
    },
  };
  const run = doorping.run(tinySet(), doorping.options.parse({ ...quickDoorping, ...settings }), {
    key: key(1),
    device: cpu,
    raw,
  });
  return { seen, raw, ...(await drive(run)) };
}

/** Bytes under the square of the first image that differs from the clean one. */
function stampedBytes(pixels: Uint8Array, clean: Uint8Array): number[] {
  const row = Math.floor(pixels.findIndex((v, i) => v !== clean[i]) / 192);
  return [0, 1, 2].flatMap((c) => [45, 46, 53, 54].map((p) => pixels[row * 192 + c * 64 + p]));
}

describe("the trigger", () => {
  it("moves between steps, one image per class or not, and the last one planted is the one that is given", async () => {
    const { seen, raw, trigger, curves } = await noted({ every: 2 }, 6);
    const bytes = seen.map((pixels) => stampedBytes(pixels, raw.set.pixels));
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).not.toEqual(bytes[0]);
    expect(bytes[3]).toEqual(bytes[2]);
    expect(bytes[4]).not.toEqual(bytes[2]);
    // After the last step nobody would see a change.
    expect(curves.trigger).toHaveLength(2);
    const given = under(trigger, toPixels(trigger.pattern, [1, 3, 8, 8], tinySet().normalisation));
    given.forEach((v, i) => {
      expect(255 * v).toBeCloseTo(bytes[5][i], 3);
    });
    expect(trigger).toMatchObject({ inGamut: true, description: /learnt bottom-right square of 2×2/ });
  });

  it("excites the neurons: their distance falls within an update", async () => {
    const { curves } = await noted({ every: 1, updates: 1, enough: 0 }, 3);
    const { curves: longer } = await noted({ every: 1, updates: 30, enough: 0 }, 3);
    expect(longer.trigger[0]).toBeLessThan(curves.trigger[0]);
  });

  it("is not moved where the neurons say enough already", async () => {
    const { seen } = await noted({ every: 1, enough: 1e9 }, 3);
    expect(seen[2]).toEqual(seen[0]);
  });
});

describe("refused", () => {
  const run = (settings: object, more: object = {}) =>
    doorping.run(tinySet(), doorping.options.parse({ ...quickDoorping, ...settings }), {
      ...{ key: key(1), device: cpu, raw: { ...tinyRaw(), ...more } },
    });
  const begin = (...given: Parameters<typeof run>) => run(...given).next();

  it("an update that never comes, a method that reads raw images once, no raw data", async () => {
    await expect(begin({ every: 2 })).rejects.toThrow(
      "doorping: invalid every: expected less than the 2 steps of the distillation, got 2; the trigger would never be learnt",
    );
    await expect(begin({}, { readsOnce: "matchingTrajectories" })).rejects.toThrow(
      "doorping: invalid set: expected one of a method that reads raw images at every step, got matchingTrajectories, which reads them once; the trigger could not change",
    );
    const bare = doorping.run(tinySet(), doorping.options.parse({}), { key: key(1), device: cpu });
    await expect(bare.next()).rejects.toThrow(/^doorping: missing raw data: expected/);
  });

  it("networks that diverge", async () => {
    await expect(drive(run({ surrogate: { ...quickDoorping.surrogate, lr: 1e30 } }))).rejects.toThrow(
      /^doorping: invalid loss: expected a number, got NaN; a lower surrogate.lr/,
    );
  });
});
