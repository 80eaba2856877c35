import { describe, expect, it } from "vitest";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import type { Keep } from "../../src/core/Keep.ts";
import type { Pace } from "../../src/core/Pace.ts";
import { key } from "../../src/core/random.ts";
import type { Distillation, DistillationStep } from "../../src/distill/Distillation.ts";
import { marginLoss } from "../../src/distill/kernelRidge/margin.ts";
import * as methods from "../../src/distill/methods.ts";
import {
  checkWindow,
  publishedAligned,
  publishedTrajectory,
  settled,
  startsBelow,
  type TrajectoryOptions,
} from "../../src/distill/trajectories/trajectoryOptions.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { noise as raw } from "./noise.ts";

/** Remembers what it was asked. */
function memory() {
  const kept = new Map<string, Checkpoint>();
  const saves: string[] = [];
  const keep: Keep = {
    load: async (name) => kept.get(name),
    async save(name, content) {
      saves.push(name);
      kept.set(name, content);
    },
  };
  return { keep, saves, kept };
}

async function run(
  method: Distillation,
  options: object,
  keep?: Keep,
  seed = "run",
  threads = 1,
  pace?: Pace,
): Promise<DistillationStep[]> {
  const steps: DistillationStep[] = [];
  const normalisation = { kind: "meanStd", mean: [0.5], std: [0.25] } as const;
  const context = { normalisation, key: key(seed), device: { name: "cpu", threads }, keep, pace } as const;
  for await (const step of method.run(raw, method.options.parse(options), context)) steps.push(step);
  return steps;
}
const setOf = (steps: readonly DistillationStep[]) => setToSafetensors(steps[steps.length - 1].set());
const lossesOf = (steps: readonly DistillationStep[]) => steps.map(({ loss }) => loss);

const narrow = { ipc: 1, width: 4, depth: 2 };
const trajectories = {
  ...narrow,
  iterations: 2,
  studentSteps: 2,
  experts: 2,
  expertEpochs: 1,
  expertBatch: 4,
  maxStart: 2,
  lrImg: 1,
};
const squeeze = { ...narrow, iterations: 2, teacherEpochs: 2, teacherBatch: 4 };

/** Counts what it is told. */
function counted() {
  const [ahead, done]: Record<string, number>[] = [{}, {}];
  const count = (counts: Record<string, number>, kind: string, steps: number) => {
    counts[kind] = (counts[kind] ?? 0) + steps;
  };
  const pace: Pace = {
    begin: () => {},
    ahead: (kind, steps) => count(ahead, kind, steps),
    mark: () => {},
    done: (kind, tried) => count(done, tried ? `${kind} tried` : kind, 1),
  };
  return { pace, ahead, done };
}

describe("networks that learn the raw images", () => {
  it("experts that seek flat minima have names of their own, and lead elsewhere", async () => {
    const method: Distillation = methods.matchingTrajectories;
    const { keep, kept } = memory();
    const plain = await run(method, trajectories, keep);
    const before = [...kept.keys()];
    const flat = await run(method, { ...trajectories, expertRho: 0.5, expertAlpha: 0.3 }, keep);
    expect(kept.size).toBe(2 * before.length);
    await run(method, { ...trajectories, expertRho: 0.5, expertAlpha: 0.1 }, keep);
    expect(kept.size).toBe(3 * before.length);
    expect(lossesOf(flat)[1]).not.toBe(lossesOf(plain)[1]);
  });

  it.each([
    ["matchingTrajectories", trajectories, 2],
    ["squeezeRecoverRelabel", squeeze, 1],
  ] as const)(
    "%s: a clock is told of batches that are not kept, and of updates, which it may try",
    async (name, options, n) => {
      const method: Distillation = methods[name];
      const { keep } = memory();
      const batches = 2 * n * Math.floor(raw.shape[0] / 4);
      const one = counted();
      const first = await run(method, options, keep, "run", 1, one.pace);
      expect(one.ahead).toEqual({ teacher: batches, update: 2 });
      expect(one.done).toEqual({ teacher: batches, update: 2, "update tried": 4 });
      const two = counted();
      const again = await run(method, options, keep, "run", 1, two.pace);
      expect(two.ahead).toEqual({ teacher: 0, update: 2 });
      expect(two.done).toEqual({ update: 2 });
      const without = await run(method, options);
      for (const steps of [first, again]) expect(setOf(steps)).toEqual(setOf(without));
    },
  );

  it.each([
    ["matchingTrajectories", trajectories, 2],
    ["squeezeRecoverRelabel", squeeze, 1],
  ] as const)("%s: are kept, found again by any seed, and give the same bytes and losses", async (name, options, n) => {
    const method: Distillation = methods[name];
    const { keep, saves } = memory();
    const without = await run(method, options);
    const first = await run(method, options, keep);
    expect(saves).toHaveLength(n);
    const again = await run(method, options, keep);
    await run(method, options, keep, "another seed");
    expect(saves).toHaveLength(n);
    for (const steps of [first, again]) {
      expect(setOf(steps)).toEqual(setOf(without));
      expect(lossesOf(steps)).toEqual(lossesOf(without));
    }
  });

  it("a kept expert serves shorter and longer ways; one of other settings is another", async () => {
    const { keep, saves, kept } = memory();
    const { matchingTrajectories } = methods;
    await run(matchingTrajectories, trajectories, keep);
    await run(matchingTrajectories, { ...trajectories, maxStart: 1 }, keep);
    expect(saves).toHaveLength(2);
    const longer = { ...trajectories, maxStart: 3 };
    expect(setOf(await run(matchingTrajectories, longer, keep))).toEqual(
      setOf(await run(matchingTrajectories, longer)),
    );
    expect(new Set(saves).size).toBe(2);
    await run(matchingTrajectories, { ...trajectories, expertSeed: 1, experts: 1 }, keep);
    await run(matchingTrajectories, { ...trajectories, dsa: "flip", experts: 1 }, keep);
    expect(kept.size).toBe(4);
    await run(matchingTrajectories, { ...trajectories, experts: 1 }, keep, "run", 2);
    expect(kept.size).toBe(5);
  });
});

describe("aligned trajectories", () => {
  it("an iteration above the threshold changes nothing", async () => {
    const options = { ...trajectories, startFrom: 1, threshold: 1e-9 };
    const steps = await run(methods.alignedTrajectories, options);
    const still = await run(methods.alignedTrajectories, { ...options, iterations: 1 });
    expect(steps[steps.length - 1].set().images).toEqual(still[still.length - 1].set().images);
    const moved = await run(methods.alignedTrajectories, { ...options, threshold: 1e9 });
    expect(moved[moved.length - 1].set().images).not.toEqual(still[still.length - 1].set().images);
  });
});

it("options that are left open are published ones; a written one wins", () => {
  const open = methods.matchingTrajectories.options.parse({ ipc: 12, lrImg: 7 });
  expect(settled(open, publishedTrajectory, 10)).toMatchObject({
    studentSteps: 30,
    maxStart: 20,
    lrImg: 7,
    lrRate: 1e-6,
    batchTrain: 120,
  });
  const aligned = methods.alignedTrajectories.options.parse({ ipc: 10, maxStart: 4 });
  expect(settled(aligned, publishedAligned, 10)).toMatchObject({ maxStart: 4, startFrom: 4, threshold: 1, lrLabel: 2 });
});

it("the window of starts grows evenly to its end, and must not be empty", () => {
  const window = { maxStart: 6, startFrom: 2, growth: 8 } as TrajectoryOptions;
  expect([0, 1, 2, 4, 7, 8, 100].map((i) => startsBelow(window, i))).toEqual([2, 2, 3, 4, 5, 6, 6]);
  expect(startsBelow({ maxStart: 6 } as TrajectoryOptions, 0)).toBe(6);
  expect(() => checkWindow({ ...window, minStart: 2 }, "datm")).toThrow("datm: invalid minStart: expected less than 2");
  expect(() => checkWindow({ ...window, startFrom: 7 }, "datm")).toThrow("datm: invalid startFrom: expected at most");
});

it("the margin of labels has the derivative of its differences", () => {
  const labels = Float32Array.of(0.5, 0.4, -0.2, 0.9, 0.1, 0.2, -0.1, -0.3, -0.2);
  const { loss, gradient } = marginLoss(labels, 3);
  expect(loss).toBeCloseTo(-(0.1 + 1 / 3 + 0.1) / 3, 6);
  labels.forEach((_, i) => {
    const by = (eps: number) => marginLoss(labels.with(i, labels[i] + eps) as typeof labels, 3).loss;
    expect(gradient[i]).toBeCloseTo((by(1e-2) - by(-1e-2)) / 2e-2, 4);
  });
});
