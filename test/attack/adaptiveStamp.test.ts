import { describe, expect, it } from "vitest";
import { z } from "zod";
import { adaptiveStamp } from "../../src/attack/adaptiveStamp.ts";
import { drive } from "../../src/core/drive.ts";
import { UsageError } from "../../src/core/errors.ts";
import { key } from "../../src/core/random.ts";
import { resolveSettings } from "../../src/core/readWhen.ts";
import { applyTrigger, corners } from "../../src/data/Trigger.ts";
import { triggerOf } from "../../src/data/triggerShapes.ts";
import { classesOf } from "../../src/train/targets.ts";
import { cpu, tinySet } from "./tiny.ts";

const set = tinySet(12);
const plane = 64;
const stamp = (given: object, seed = 1) =>
  drive(
    adaptiveStamp.run(set, resolveSettings("adaptiveStamp", adaptiveStamp, given), { key: key(seed), device: cpu }),
  );
const look = { colour: z.array(z.number()).length(3), unit: z.literal("pixel"), corner: z.enum(corners) };
/** Pixels of each image that differ from the set's. */
const changed = (images: Float32Array) =>
  [...classesOf(set).keys()].map((i) =>
    Array.from({ length: plane }, (_, p) => p).filter((p) =>
      [0, 1, 2].some((c) => images[(3 * i + c) * plane + p] !== set.images[(3 * i + c) * plane + p]),
    ),
  );

describe("adaptiveStamp", () => {
  it("shows a part of the trigger in each image of the target, another one in each", async () => {
    const { set: after, trigger } = await stamp({ targetClass: 1, part: 0.4 });
    const covered = [...trigger.mask.keys()].filter((p) => trigger.mask[p] > 0);
    expect(covered).toHaveLength(25);
    const touched = changed(after.images);
    const own = touched.filter((_, i) => classesOf(set)[i] === 1);
    expect(touched.filter((_, i) => classesOf(set)[i] !== 1).flat()).toEqual([]);
    for (const pixels of own) {
      expect(pixels).toHaveLength(10);
      expect(pixels.filter((p) => !covered.includes(p))).toEqual([]);
    }
    expect(new Set(own.map(String)).size).toBe(own.length);
    expect(after.labels).toEqual(set.labels);
  });

  it("stamps whole decoys into as many innocent classes as asked", async () => {
    const { set: after } = await stamp({ part: 1, share: 0.5, decoys: 2 });
    const touched = changed(after.images);
    for (const label of [0, 1, 2])
      expect(touched.filter((pixels, i) => classesOf(set)[i] === label && pixels.length === 25)).toHaveLength(2);
    await expect(stamp({ decoys: 3 })).rejects.toThrow(UsageError);
    await expect(stamp({ decoys: 3 })).rejects.toThrow("at most the 2 other classes");
  });

  it.each([
    ["two-targets", 1],
    ["three-targets", 2],
  ] as const)(
    "%s are as many classes, each with a stamp of its own that the metadata describes",
    async (preset, more) => {
      const { set: after, targetClass } = await stamp({ targetClass: 2, ...adaptiveStamp.presets?.[preset] });
      const others = z
        .array(z.object({ targetClass: z.int(), trigger: z.looseObject({ description: z.string(), ...look }) }))
        .parse(after.metadata.otherTargets);
      expect(new Set([targetClass, ...others.map((one) => one.targetClass)]).size).toBe(1 + more);
      for (const { targetClass: label, trigger } of others) {
        // The record makes the trigger again.
        const { inGamut: _, description, ...told } = trigger;
        const options = adaptiveStamp.options.parse({ trigger: told }).trigger;
        const made = triggerOf(options, set.shape, set.normalisation, key("any"));
        expect(made.description).toBe(description);
        const strong = made.pattern.map((v) => 3 * v);
        classesOf(set).forEach((one, i) => {
          if (one !== label) return;
          const own = set.images.slice(192 * i, 192 * (i + 1));
          const stamped = applyTrigger({ ...made, pattern: strong }, own);
          expect(after.images.slice(192 * i, 192 * (i + 1))).toEqual(stamped);
        });
      }
    },
  );

  it("has no further targets without decoys", async () => {
    expect((await stamp({})).set.metadata).not.toHaveProperty("otherTargets");
  });

  it("gives the same bytes for the same key, others for another", async () => {
    const [one, again, other] = [await stamp({}), await stamp({}), await stamp({}, 2)];
    expect(again.set.images).toEqual(one.set.images);
    expect(other.set.images).not.toEqual(one.set.images);
  });

  it("a part of a row is a part of a band across the image", async () => {
    const { trigger } = await stamp({ trigger: { kind: "row", side: 2, corner: "top-left" } });
    expect([...trigger.mask.keys()].filter((p) => trigger.mask[p] > 0)).toEqual(
      Array.from({ length: 16 }, (_, p) => p),
    );
    expect(trigger.description).toBe("top row of 2×8");
  });
});
