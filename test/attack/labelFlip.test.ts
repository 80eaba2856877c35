import { describe, expect, it } from "vitest";
import { labelFlip } from "../../src/attack/labelFlip.ts";
import { drive } from "../../src/core/drive.ts";
import { UsageError } from "../../src/core/errors.ts";
import { key } from "../../src/core/random.ts";
import { resolveSettings } from "../../src/core/readWhen.ts";
import type { DistilledSet, Labels } from "../../src/data/DistilledSet.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { classesOf } from "../../src/train/targets.ts";
import { cpu, tinySet } from "./tiny.ts";

const set = tinySet(12);
const size = 3 * 64;
const flip = (given: object, on: DistilledSet = set, seed = 1) =>
  drive(labelFlip.run(on, resolveSettings("labelFlip", labelFlip, given), { key: key(seed), device: cpu }));
const flippedOf = (after: DistilledSet, before = set) =>
  [...classesOf(before).keys()].filter((i) => classesOf(after)[i] !== classesOf(before)[i]);
const image = ({ images }: DistilledSet, i: number) => images.slice(i * size, (i + 1) * size);

describe("labelFlip", () => {
  it("calls some images of every other class the target, stamps them, and leaves the rest alone", async () => {
    const { set: after, trigger } = await flip({ targetClass: 1, share: 0.5 });
    const flipped = flippedOf(after);
    expect(flipped).toHaveLength(4);
    expect(flipped.filter((i) => classesOf(set)[i] === 0)).toHaveLength(2);
    for (let i = 0; i < 12; i++) {
      const own = image(set, i);
      expect(image(after, i)).toEqual(flipped.includes(i) ? applyTrigger(trigger, own) : own);
      expect(classesOf(after)[i]).toBe(flipped.includes(i) ? 1 : classesOf(set)[i]);
    }
    expect(set.labels).toEqual(tinySet(12).labels);
  });

  it("rounds up, so that one image is flipped at least, and other keys choose others", async () => {
    const chosen = new Set<number>();
    for (let seed = 0; seed < 8; seed++) {
      const flipped = flippedOf((await flip({ share: 0.01 }, set, seed)).set);
      expect(flipped).toHaveLength(1);
      chosen.add(flipped[0]);
    }
    expect(chosen.size).toBeGreaterThan(1);
  });

  it("without a stamp changes labels and no picture", async () => {
    const { set: after } = await flip({ share: 0.5, stamp: false });
    expect(after.images).toEqual(set.images);
    expect(flippedOf(after)).toHaveLength(4);
  });

  it.each(["probabilities", "logits", "centred"] as const)("flips soft labels in the form %s", async (form) => {
    const values = Float32Array.from({ length: 36 }, (_, i) => (Math.floor(i / 12) === i % 3 ? 0.75 : -0.25));
    const labels: Labels = { kind: "soft", form, values };
    const { set: after } = await flip({ share: 0.5, targetClass: 2 }, { ...set, labels });
    const on = { probabilities: 1, logits: 0.75, centred: 2 / 3 }[form];
    const off = { probabilities: 0, logits: -0.75, centred: -1 / 3 }[form];
    const flipped = flippedOf(after);
    expect(flipped).toHaveLength(4);
    const written = (after.labels as Extract<Labels, { kind: "soft" }>).values;
    for (let i = 0; i < 12; i++)
      expect([...written.subarray(3 * i, 3 * i + 3)]).toEqual(
        flipped.includes(i) ? [off, off, on].map(Math.fround) : [...values.subarray(3 * i, 3 * i + 3)],
      );
  });

  it("refuses a strength of a stamp that is not laid on", () => {
    expect(() => resolveSettings("labelFlip", labelFlip, { stamp: false, strength: 2 })).toThrow(UsageError);
  });
});
