import { expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import { augmentBatch, parseAugmentation } from "../../src/data/augment/stages.ts";
import { namedProtocols, protocolNamed } from "../../src/train/namedProtocols.ts";
import { type Protocol, protocolOptions } from "../../src/train/protocol.ts";
import { resolveProtocol } from "../../src/train/resolveProtocol.ts";
import { schedule } from "../../src/train/schedule.ts";

const of = (m: number, metadata: Record<string, unknown> = {}, classes = 10) => ({
  ...{ shape: [m, 3, 32, 32] as const, classes, metadata },
});
const learnt = of(10, { lr: 0.03 });

it.each(Object.keys(namedProtocols))("%s is one that receivers can follow", (name) => {
  for (const m of [10, 100, 500, 1000, 1250, 5000]) {
    const settings = protocolNamed(name, of(m, { lr: 0.03 }), "test");
    expect(resolveProtocol(protocolOptions.parse(settings))).toMatchObject(settings);
    expect(settings.epochs).toBeGreaterThanOrEqual(300);
  }
});

it("trajectories are judged at the rate that the set was learnt with, or at one that somebody says", () => {
  expect(protocolNamed("mtt", learnt, "test").lr).toBe(0.03);
  expect(protocolNamed("mtt", of(10), "test", 0.1)).not.toHaveProperty("lr");
  expect(protocolNamed("dsa", learnt, "test")).not.toHaveProperty("lr");
  expect(() => protocolNamed("datm", of(10, { lr: "0.03" }), "retort evaluate")).toThrow(
    "retort evaluate: missing learning rate: expected one that the set was learnt with, got none; say lr",
  );
  expect(() => protocolNamed("kip", learnt, "test")).toThrow("test: unknown protocol");
});

it.each([
  [10, 1000],
  [100, 2000],
  [200, 20_000],
  [500, 5000],
  [1000, 10_000],
  [5000, 40_000],
])("frepo: networks take as many steps on %i images as in the published program, 500 of warm-up", (m, steps) => {
  const { epochs = 0, warmup = 0, batch = 0 } = protocolNamed("frepo", of(m), "test");
  expect([epochs, warmup].map((n) => n * Math.ceil(m / batch))).toEqual([steps, 500]);
});

it("rded: batches by the images of a class, pictures of several crops shuffled, cut and mirrored", () => {
  const batches = [10, 100, 500].map((m) => protocolNamed("rded", of(m), "test").batch);
  expect(batches).toEqual([10, 50, 100]);
  expect(protocolNamed("rded", of(1000, {}, 100), "test").batch).toBe(100);
  const made = (factor: unknown) =>
    protocolNamed("rded", of(10, { method: "realisticDiverse", options: { factor } }), "test");
  expect(made(2)).toMatchObject({ augmentation: "shuffle+resized-crop+flip", parts: 2, leastArea: 0.5 });
  for (const factor of [1, "2", 1e9, Number.NaN]) expect(made(factor).augmentation).toBe("flip");
  expect(protocolNamed("rded", of(10, { method: "realisticDiverse", options: null }), "test").augmentation).toBe(
    "flip",
  );
});

it("rates fall as the published programs let them", () => {
  const rates = (kind: Protocol["schedule"], epochs: number) =>
    Array.from({ length: epochs }, (_, e) => schedule({ schedule: kind, lr: 1, warmup: 0, epochs }, e).lr);
  const steps = rates("two-steps", 12);
  [1, 1, 1, 1, 1, 1, 1, 1, 0.2, 0.2, 0.04, 0.04].forEach((rate, e) => {
    expect(steps[e]).toBeCloseTo(rate, 12);
  });
  const half = rates("half-cosine", 300);
  expect(half[0]).toBe(1);
  expect(half[299]).toBeGreaterThan(0.5);
  expect(half[299]).toBeLessThan(0.503);
});

it("a part of a uniform picture is as uniform, shuffled parts keep every pixel, each picture its own", () => {
  const shape = [4, 3, 32, 32] as const;
  const flat = new Float32Array(4 * 3 * 1024).fill(0.7);
  const settings = { siamese: false, noise: 0, leastArea: 0.1, parts: 3 };
  for (const v of augmentBatch(flat, [...shape], parseAugmentation("resized-crop"), settings, key(1)))
    expect(v).toBeCloseTo(0.7, 6);
  const some = normal(key("some"), flat.length);
  const shuffled = augmentBatch(some, [...shape], parseAugmentation("shuffle"), settings, key(1));
  expect(shuffled).not.toEqual(some);
  for (let plane = 0; plane < 12; plane++) {
    const at = (all: Float32Array) => [...all.subarray(1024 * plane, 1024 * (plane + 1))].sort();
    expect(at(shuffled)).toEqual(at(some));
  }
});

it("squared loss and a teacher, or whitening and a teacher that never saw it, are refused together", () => {
  const given = (more: object) => resolveProtocol(protocolOptions.parse({ labels: "teacher", ...more }));
  expect(() => given({ loss: "squared" })).toThrow(
    "protocol: invalid loss: expected cross-entropy with labels teacher",
  );
  expect(() => given({ teacherFrom: "raw", input: "zca" })).toThrow("got zca, which it never saw");
  expect(() => given({ teacherFrom: "raw", teacherWidth: 8 })).toThrow("invalid teacherWidth");
  expect(given({ teacherFrom: "raw", teacherWidth: 8, teacherEpochs: 2 }).teacher).toBe("convNet");
  expect(given({ teacherFrom: "raw" }).teacher).toBeUndefined();
});
