import { describe, expect, it } from "vitest";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import type { Keep } from "../../src/core/Keep.ts";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { fromPixels } from "../../src/data/normalise.ts";
import { heldWhitened } from "../../src/data/whitenedImages.ts";
import { fitZca } from "../../src/data/zca.ts";
import type { Distillation } from "../../src/distill/Distillation.ts";
import { realisticDiverse, squeezeRecoverRelabel } from "../../src/distill/methods.ts";
import { askedTeacher } from "../../src/distill/teachers/askedTeacher.ts";
import { namedTeacher } from "../../src/distill/teachers/namedTeacher.ts";
import { rawTeacherOf } from "../../src/distill/teachers/rawTeacherOf.ts";
import { networkRegistry } from "../../src/nn/networkRegistry.ts";
import { sgd } from "../../src/nn/optimisers.ts";
import { Learner } from "../../src/train/Learner.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { logitsOf } from "../../src/train/logits.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { train } from "../../src/train/train.ts";
import { noise as raw } from "./noise.ts";

const normalisation = { kind: "meanStd", mean: [0.5], std: [0.25] } as const;
const device = { name: "cpu", threads: 1 } as const;
const options = { ipc: 1, width: 4, depth: 2, teacherEpochs: 2, teacherBatch: 4, teacherSeed: 5 };

async function made(method: Distillation, more: object, keep?: Keep): Promise<DistilledSet> {
  let set: DistilledSet | undefined;
  const context = { normalisation, key: key("run"), device, keep };
  for await (const step of method.run(raw, method.options.parse({ ...options, ...more }), context)) set = step.set();
  return set!;
}
const rawTaught = { labels: "teacher", teacherFrom: "raw" } as const;
const apart = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));
/** A set as another program reads it: what it says of itself is JSON. */
const reread = (set: DistilledSet): DistilledSet => ({ ...set, metadata: JSON.parse(JSON.stringify(set.metadata)) });

describe("the teacher that a set names", () => {
  it("made again from the raw images it gives the labels that the set has", async () => {
    const set = reread(await made(squeezeRecoverRelabel, { iterations: 2 }));
    const recipe = namedTeacher(set, "test");
    expect(recipe).toMatchObject({ purpose: "squeeze", width: 4, epochs: 2, batch: 4, seed: 5, norm: "batch" });
    const epochs: number[] = [];
    const teacher = await rawTeacherOf(recipe!, raw, normalisation, { device, onEpoch: (e) => epochs.push(e) });
    expect(epochs).toEqual([1, 2]);
    await using learner = new Learner(teacher.network, sgd(), device);
    const { labels } = set;
    expect(await logitsOf(learner, teacher, set.images)).toEqual(labels.kind === "soft" && labels.values);
  });

  it("is the one that was kept", async () => {
    const kept = new Map<string, Checkpoint>();
    const saves: string[] = [];
    const keep: Keep = {
      load: async (name) => kept.get(name),
      async save(name, content) {
        saves.push(name);
        kept.set(name, content);
      },
    };
    const set = reread(await made(realisticDiverse, { candidates: 2, crops: 1 }, keep));
    await rawTeacherOf(namedTeacher(set, "test")!, raw, normalisation, { device, keep });
    expect(saves).toHaveLength(1);
  });

  it("learns raw images as they are in the space of a whitened set, which a kept one needs no more", async () => {
    const [n, ...image] = raw.shape;
    const pixels = Float32Array.from(raw.pixels, (byte) => byte / 255);
    const zca = { kind: "zca", whitening: fitZca(pixels, raw.shape) } as const;
    const set = reread(await made(realisticDiverse, { candidates: 2, crops: 1 }));
    const recipe = askedTeacher({ ...set, normalisation: zca }, rawTaught, "test")!;
    const seen: number[] = [];
    const kept = new Map<string, Checkpoint>();
    const keep: Keep = { load: async (name) => kept.get(name), save: async (name, one) => void kept.set(name, one) };
    const work = { device, keep, onWhiten: (done: number) => void seen.push(done) };
    const fresh = { ...raw };
    const teacher = await rawTeacherOf(recipe, fresh, zca, work);
    expect(seen).toEqual([n]);
    expect(apart(heldWhitened(fresh, zca.whitening)!, fromPixels(pixels, [n, ...image], zca))).toBeLessThan(1e-5);
    expect((await rawTeacherOf(recipe, { ...raw }, zca, work)).weights).toEqual(teacher.weights);
    expect(seen).toEqual([n]);
    const plain = await rawTeacherOf(recipe, raw, normalisation, { device });
    expect(plain.weights).not.toEqual(teacher.weights);
  });

  it.each([{ kind: "unknown" }, { kind: "zca" }] as const)("cannot be asked of $kind images alone", async (space) => {
    const set = { ...reread(await made(realisticDiverse, { candidates: 2, crops: 1 })), normalisation: space };
    expect(() => askedTeacher(set, rawTaught, "test")).toThrow(
      `test: invalid normalisation: expected one that raw images can be brought to with teacherFrom raw, got ${space.kind}`,
    );
  });

  it.each([
    ["a method without one", { method: "distributionMatching", options: {} }],
    ["a method that nobody knows", { method: "toString", options: {} }],
    ["options that are none", { method: "realisticDiverse", options: { width: "wide" } }],
    ["nothing", {}],
  ])("is none for %s", (_, metadata) => {
    expect(namedTeacher({ metadata }, "test")).toBeUndefined();
  });

  it("is refused where nobody would train it", () => {
    const metadata = { method: "realisticDiverse", options: { width: 1e9 } };
    expect(() => namedTeacher({ metadata }, "retort evaluate")).toThrow(
      "retort evaluate: invalid teacher: expected the set to name one of at most 1024 channels and 1000 epochs, got 1000000000 and 20",
    );
  });

  it("can be stopped at an epoch", async () => {
    const stop = new AbortController();
    const recipe = realisticDiverse.teacher!(realisticDiverse.options.parse({ ...options, teacherEpochs: 9 }));
    const onEpoch = (epoch: number) => epoch === 2 && stop.abort(new Error("enough"));
    const work = { device, signal: stop.signal, onEpoch: (epoch: number) => void onEpoch(epoch) };
    await expect(rawTeacherOf(recipe, raw, normalisation, work)).rejects.toThrow("enough");
  });
});

describe("receivers that ask it", () => {
  const protocol = protocolOptions.parse({
    ...{ epochs: 3, labels: "teacher", teacherFrom: "raw", teacherShare: 1, temperature: 20, mixing: "cutmix" },
  });
  const network = networkRegistry.mlp({ channels: 1, size: 8, classes: 3 }, { width: 4 });

  it("learn what it says of their mixtures, and nothing of the labels", async () => {
    const set = await made(realisticDiverse, { candidates: 2, crops: 1 });
    const teacher = await rawTeacherOf(namedTeacher(set, "test")!, raw, normalisation, { device });
    const trained = async (of: DistilledSet) => {
      await using learner = learnerFor(network, protocol, device, teacher);
      return await train(learner, of, protocol, key("receiver"));
    };
    const own = await trained(set);
    const others = await trained({ ...set, labels: { kind: "hard", classes: Int32Array.of(2, 2, 2) } });
    expect(own.losses.every((loss) => loss > 0)).toBe(true);
    expect(others).toEqual(own);
  });

  it("are refused without it", () => {
    expect(() => learnerFor(network, protocol, device)).toThrow(
      "protocol: invalid teacherFrom: expected set where no raw images are at hand to teach a network, got raw",
    );
  });
});
