import { describe, expect, it } from "vitest";
import type { AttackProgress, AttackResult } from "../../src/attack/Attack.ts";
import { naive } from "../../src/attack/rawData/naive.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { key } from "../../src/core/random.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import type { Device } from "../../src/engine/device.ts";
import { attack } from "../../src/library/attack.ts";
import { distil } from "../../src/library/distil.ts";
import { rawAccess } from "../../src/library/rawAccess.ts";

const device: Device = { name: "cpu", threads: 1 };
const raw = strokes("train", 60);
const call = { seed: 4, device } as const;
const settings = { ipc: 1, width: 4, iterations: 4, batchReal: 4 } as const;
const clean = distil(raw, "distributionMatching", settings, call);

describe("an attack that distils", () => {
  it("distils as the set was distilled: unpoisoned images give the set's own bytes", async () => {
    const set = await clean;
    const steps = [];
    for await (const step of rawAccess(set, raw, device).distil(raw))
      steps.push({ ...step, images: step.set().images });
    expect(steps.map(({ done, total }) => [done, total])).toEqual([1, 2, 3, 4].map((done) => [done, 4]));
    expect(steps[3].images).toEqual(set.images);
  });

  it("gives a set of the same labels that says it was tampered with, and other images", async () => {
    const set = await clean;
    const {
      set: tampered,
      trigger,
      curves,
    } = await attack(set, "naive", { share: 0.3, targetClass: 2 }, { ...call, raw });
    expect(tampered.metadata).toMatchObject({ tampered: true, attack: "naive", method: "distributionMatching" });
    expect(tampered.labels).toEqual(set.labels);
    expect(tampered.images).not.toEqual(set.images);
    expect(trigger).toMatchObject({ inGamut: true });
    expect(curves.distillation).toHaveLength(4);
  });

  it("goes on where it was stopped, with the same bytes", async () => {
    const set = await clean;
    const options = naive.options.parse({ share: 0.3 });
    const begin = (resume?: Checkpoint) =>
      naive.run(set, options, { key: key(9), device, raw: rawAccess(set, raw, device), resume });
    const finish = async (run: AsyncGenerator<AttackProgress, AttackResult>) => {
      for (;;) {
        const next = await run.next();
        if (next.done) return next.value;
      }
    };
    const whole = await finish(begin());
    const stopped = begin();
    await stopped.next();
    const second = await stopped.next();
    const checkpoint = second.done ? undefined : second.value.checkpoint?.();
    await stopped.return(undefined as never);
    const resumed = await finish(begin(structuredClone(checkpoint)));
    expect(resumed.set.images).toEqual(whole.set.images);
    expect(resumed.curves).toEqual(whole.curves);
  });

  it("sets that do not say how they came about, and other raw images, are refused", async () => {
    const set = await clean;
    const from = { ...set, metadata: { ...set.metadata, source: { name: "a", images: raw.shape[0], digest: "one" } } };
    expect(() => rawAccess(from, raw, device, "attack", { digest: "two" })).toThrow(
      /images of a that the set was distilled from/,
    );
    rawAccess(from, raw, device, "attack", { digest: "one" });
    expect(() => rawAccess({ ...set, metadata: {} }, raw, device)).toThrow(
      /expected one that says how it was distilled/,
    );
    expect(() => rawAccess({ ...set, metadata: { ...set.metadata, method: "mine" } }, raw, device)).toThrow(
      /method "mine"/,
    );
    expect(() => rawAccess(set, strokes("train", 50), device)).toThrow(
      /expected the 60 images of strokes that the set was distilled from, got 50 others of strokes/,
    );
  });
});
