import { describe, expect, it } from "vitest";
import { compileRelaxation, relaxOptimiser } from "../../src/attack/rawData/kernel/compileRelaxation.ts";
import { relaxTrigger } from "../../src/attack/rawData/kernel/relaxTrigger.ts";
import { simpleTrigger } from "../../src/attack/rawData/kernel/simpleTrigger.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { drive } from "../../src/core/drive.ts";
import { key } from "../../src/core/random.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { squareTrigger } from "../../src/data/Trigger.ts";
import { build } from "../golden/det.ts";
import { relativeError } from "../golden/summary.ts";
import { file, network, normalisation, shape, under, weights } from "./goldenTriggers.ts";
import { cpu, finished, quickRelax, tinyRaw, tinySet } from "./tiny.ts";

it("the loss of the relax trigger, both of its parts, and its derivative are PyTorch's", async () => {
  const { options, results } = file.relax;
  const { opacity, target, ridge, conflict } = options;
  const square = { side: 2, value: 1, unit: "pixel", margin: 1, corner: "bottom-right", opacity } as const;
  const trigger = squareTrigger(square, shape(1), normalisation);
  const sizes = { set: options.set, clean: options.clean, stamped: options.stamped, ridge, conflict };
  await using relaxation = await compileRelaxation(network, sizes, trigger, normalisation, cpu);
  const y = new Float32Array((options.clean + options.stamped) * 3);
  for (let i = 0; i < options.clean + options.stamped; i++) y[3 * i + (i < options.clean ? i % 3 : target)] = 1;
  const pattern = build(file.pattern);
  const slots = [new Float32Array(pattern.length), new Float32Array(pattern.length)];
  const step = await relaxation.hold([weights, []], build(file.images.set));
  const hyper = Float32Array.from(relaxOptimiser.hyper(0, 0.1));
  const out = await step(build(file.images.clean), build(file.images.stamped), y, pattern, slots, hyper);
  expect(out.loss[0] / results.loss.f64).toBeCloseTo(1, 4);
  expect(out.conflict[0] / results.conflict.f64).toBeCloseTo(1, 4);
  expect(out.projection[0] / results.projection.f64).toBeCloseTo(1, 4);
  expect(relativeError(results.gradient, under(trigger, out.gradient))).toBeLessThan(1e-3);
  // Adam's first step is as long as its rate, against the derivative.
  under(trigger, out.pattern).forEach((v, i) => {
    const before = under(trigger, pattern)[i];
    expect(v - before).toBeCloseTo(-0.1 * Math.sign(under(trigger, out.gradient)[i]), 3);
  });
});

/** The tiny raw set, and what its stamped images hold when they are distilled. */
function noted() {
  const { set } = tinyRaw();
  const seen: LabelledSet[] = [];
  const raw = {
    set,
    async *distil(own: LabelledSet, resume?: Checkpoint) {
      for (let done = Number(resume?.json.done ?? 0) + 1; done <= 2; done++) {
        seen.push({ ...own, pixels: own.pixels.slice() });
        yield { done, total: 2, loss: done, set: () => tinySet(), checkpoint: () => ({ json: { done }, arrays: {} }) };
      }
    },
  };
  return { seen, raw };
}

describe("the simple trigger", () => {
  it("veils whole images of other classes in white, a tenth of all, and calls them the target", async () => {
    const { seen, raw } = noted();
    const options = simpleTrigger.options.parse({ targetClass: 1 });
    const { trigger } = await drive(simpleTrigger.run(tinySet(), options, { key: key(1), device: cpu, raw }));
    expect(trigger.mask.every((m) => m === Math.fround(0.3))).toBe(true);
    const { pixels, labels } = raw.set;
    const changed = [...labels.keys()].filter((i) => seen[0].labels[i] !== labels[i]);
    expect(changed).toHaveLength(6);
    for (const i of changed) {
      expect(seen[0].labels[i]).toBe(1);
      const whiter = Math.round((1 - Math.fround(0.3)) * pixels[i * 192] + Math.fround(0.3) * 255);
      expect(seen[0].pixels[i * 192]).toBe(whiter);
    }
  });

  it("is a square where a side is said", async () => {
    const { raw } = noted();
    const options = simpleTrigger.options.parse({ trigger: { side: 2, margin: 1, opacity: 1 } });
    const { trigger } = await drive(simpleTrigger.run(tinySet(), options, { key: key(1), device: cpu, raw }));
    expect([...trigger.mask.keys()].filter((i) => trigger.mask[i])).toEqual([45, 46, 53, 54]);
  });
});

describe("the relax trigger", () => {
  const begin = (raw: ReturnType<typeof noted>["raw"], more: object = {}, resume?: Checkpoint) =>
    relaxTrigger.run(tinySet(), relaxTrigger.options.parse({ ...quickRelax, ...more }), {
      ...{ key: key(1), device: cpu, raw, resume },
    });

  it("is found before anything is distilled, can be shown by a picture, and is what is stamped", async () => {
    const { seen, raw } = noted();
    const { trigger, curves } = await finished(begin(raw));
    expect(trigger.inGamut).toBe(true);
    const shown = toPixels(trigger.pattern, [1, 3, 8, 8], tinySet().normalisation);
    expect(shown.some((v) => v < 0.99)).toBe(true);
    expect(curves.projection).toHaveLength(quickRelax.steps);
    const i = [...raw.set.labels.keys()].find((row) => seen[0].labels[row] !== raw.set.labels[row])!;
    const opacity = Math.fround(0.3);
    for (let p = 0; p < 192; p++) {
      const mixed = (1 - opacity) * raw.set.pixels[i * 192 + p] + opacity * 255 * shown[p];
      expect(Math.abs(seen[1].pixels[i * 192 + p] - mixed)).toBeLessThan(0.501);
    }
  });

  it("descends: longer search, less that the set cannot hold", async () => {
    const more = { batch: 100, stamped: 100, trigger: { lr: 0.2 }, conflict: 0, steps: 12 };
    const { curves } = await finished(begin(noted().raw, more));
    expect(curves.projection[11]).toBeLessThan(0.95 * curves.projection[0]);
  });

  it("goes on where it was stopped, while the trigger is found and after", async () => {
    const whole = await finished(begin(noted().raw));
    expect(whole.checkpoints).toHaveLength(quickRelax.steps + 2);
    for (const at of [0, quickRelax.steps - 1, quickRelax.steps]) {
      const resumed = await finished(begin(noted().raw, {}, whole.checkpoints[at]));
      expect(resumed.trigger.pattern).toEqual(whole.trigger.pattern);
      expect(resumed.set.images).toEqual(whole.set.images);
      expect(resumed.curves).toEqual(whole.curves);
    }
  });

  it("without raw data, and with networks that diverge, is refused", async () => {
    const bare = relaxTrigger.run(tinySet(), relaxTrigger.options.parse({}), { key: key(1), device: cpu });
    await expect(bare.next()).rejects.toThrow(/^relaxTrigger: missing raw data: expected/);
    const wild = { kernel: { ...quickRelax.kernel, lr: 1e30 } };
    await expect(finished(begin(noted().raw, wild))).rejects.toThrow(
      /^relaxTrigger: invalid loss: expected a number, got NaN; a higher ridge/,
    );
  });
});
