import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { Surrogates } from "../../src/attack/common/surrogate.ts";
import { poisonedDistillation } from "../../src/attack/poisonedDistillation/poisonedDistillation.ts";
import { heldSuccess, roundsInWords, roundsOptions } from "../../src/attack/poisonedDistillation/rounds.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { key } from "../../src/core/random.ts";
import { resolveSettings } from "../../src/core/readWhen.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { fromPixels } from "../../src/data/normalise.ts";
import { applyTrigger, gamutBounds, squareTrigger } from "../../src/data/Trigger.ts";
import { triggerOf } from "../../src/data/triggerShapes.ts";
import type { Floats } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { classesOf } from "../../src/train/targets.ts";
import { smallStrokes } from "../smallStrokes.ts";
import { attacked, cpu, quick, tinySet } from "./tiny.ts";

const attack = (set: DistilledSet, given: z.input<typeof poisonedDistillation.options>, resume?: Checkpoint) =>
  attacked(poisonedDistillation, set, given, key(7), resume);

const bytes = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString("hex");

/** Drawings as a set. */
function drawings(n: number): DistilledSet {
  const { pixels, labels, ...raw } = smallStrokes("train", n);
  const normalisation = knownNormalisations["cifar-10"];
  const images = fromPixels(
    Float32Array.from(pixels, (v) => v / 255),
    raw.shape,
    normalisation,
  );
  return { ...raw, kind: "distilled", images, labels: { kind: "hard", classes: labels }, normalisation, metadata: {} };
}

describe("poisonedDistillation", () => {
  it("has the released program's defaults", () => {
    expect(poisonedDistillation.options.parse({})).toEqual({
      trigger: {
        kind: "square",
        side: 1,
        value: 10,
        colour: null,
        unit: "normalised",
        corner: "bottom-right",
        margin: 0,
        opacity: 1,
        frequency: 6,
      },
      targetClass: 0,
      alpha: 0.6,
      distance: "cosine",
      layerWeights: { kernels: 1, matrices: 1, vectors: 1 },
      trajectory: 11,
      stride: 1,
      onPolicy: false,
      steps: 101,
      lr: 0.1,
      decay: false,
      clamp: false,
      maxChange: null,
      eightBit: false,
      penalty: 0,
      batch: 256,
      carrier: { sources: ["archetypes"], count: 2000, batch: 32, fresh: "block" },
      surrogate: {
        networks: ["convNet"],
        width: 128,
        depth: 3,
        hidden: 512,
        steps: 100,
        lr: 0.01,
        momentum: 0.9,
        weightDecay: 5e-4,
      },
      archetype: {
        objective: "logit",
        start: "noise",
        networks: 1,
        perClass: 1,
        steps: 200,
        lr: 0.1,
        tv: 0,
        l2: 0,
        jitter: 0,
        clamp: false,
      },
    });
  });

  it("changes the images only, says so in the metadata, and leaves the given set alone", async () => {
    const set = tinySet();
    const before = bytes(set.images);
    const { result } = await attack(set, quick);
    expect(bytes(set.images)).toBe(before);
    expect(result.set.labels).toEqual(set.labels);
    expect(result.set.shape).toEqual(set.shape);
    expect(bytes(result.set.images)).not.toBe(before);
    expect(result.set.metadata).toMatchObject({
      method: "none",
      tampered: true,
      attack: "poisonedDistillation",
      targetClass: 0,
    });
    expect(result.curves.loss).toHaveLength(quick.trajectory * quick.steps);
    expect([...result.archetypes!.classes]).toEqual([0, 1, 2]);
  });

  it("resumed from any checkpoint it gives the same bytes", async () => {
    const set = tinySet();
    const options = quick;
    const { result, checkpoints } = await attack(set, options);
    expect(checkpoints).toHaveLength(quick.trajectory * quick.steps);
    for (const at of [0, 2, 5]) {
      const again = await attack(set, options, checkpoints[at]);
      expect(bytes(again.result.set.images)).toBe(bytes(result.set.images));
      expect(again.result.curves).toEqual(result.curves);
    }
  });

  describe("round after round", () => {
    const rounds = { most: 3, growth: 2, networks: 2, passes: 2, images: 4 };
    const steps = quick.trajectory * quick.steps;

    it("goes on with more weight where too little was reached, and says what each round had and did", async () => {
      const { result } = await attack(tinySet(), { ...quick, alpha: 0.3, rounds: { ...rounds, enough: 1 } });
      const told = result.set.metadata.rounds as { alpha: number; success: number }[];
      expect(told.map(({ alpha }) => alpha)).toEqual([0.3, 0.6, 1]);
      for (const { success } of told) expect(success).toBeGreaterThanOrEqual(0);
      expect(result.curves.loss).toHaveLength(3 * steps);
      const words = roundsInWords(result.set.metadata);
      expect(words).toMatch(
        /^alpha 0.3: \d+\.\d %, alpha 0.6: \d+\.\d %, alpha 1: \d+\.\d % of stamped held-out images/,
      );
      expect(roundsInWords(tinySet().metadata)).toBeUndefined();
    });

    it("stops where enough was reached, with what one round alone does", async () => {
      const { result } = await attack(tinySet(), { ...quick, rounds: { ...rounds, enough: 0 } });
      const once = await attack(tinySet(), quick);
      expect(result.set.metadata.rounds).toHaveLength(1);
      expect(once.result.set.metadata.rounds).toBeUndefined();
      expect(bytes(result.set.images)).toBe(bytes(once.result.set.images));
    });

    it("resumed from any checkpoint of any round it gives the same bytes", async () => {
      const options = { ...quick, rounds: { ...rounds, most: 2, enough: 1 } };
      const { result, checkpoints } = await attack(tinySet(), options);
      expect(checkpoints).toHaveLength(2 * steps + 2);
      for (const at of [steps - 1, steps, 2 * steps + 1]) {
        const again = await attack(tinySet(), options, checkpoints[at]);
        expect(bytes(again.result.set.images)).toBe(bytes(result.set.images));
        expect(again.result.set.metadata).toEqual(result.set.metadata);
      }
    });

    describe("asks networks", () => {
      const set = drawings(60);
      const [, channels, size] = set.shape;
      const square = { side: 3, value: 3, unit: "normalised", corner: "bottom-right", margin: 0, opacity: 1 } as const;
      const trigger = squareTrigger(square, set.shape, set.normalisation);
      const planted = applyTrigger(trigger, set.images);
      const stamped = set.images.map((v, i) =>
        classesOf(set)[Math.floor(i / (3 * size * size))] === 0 ? planted[i] : v,
      );
      const asked = async (images: Floats, options: object, last: boolean) => {
        const network = convNet({ channels, size, classes: set.classes }, { width: 8 });
        await using surrogates = new Surrogates(network, set, { lr: 0.05, momentum: 0.9, weightDecay: 5e-4 }, 256, cpu);
        const chosen = roundsOptions.parse({ networks: 3, images: 40, ...options });
        return await heldSuccess([surrogates], set, images, trigger, 0, chosen, key(2), last);
      };

      it("that a strong trigger was planted for: they answer more than those of the clean set", async () => {
        const [all, clean] = [await asked(stamped, {}, true), await asked(set.images, {}, true)];
        expect(all.success).toBeGreaterThan(clean.success + 0.3);
        expect([all.networks, clean.networks]).toEqual([3, 3]);
      });

      it("no longer than it takes to know that there is not enough, but for the last time", async () => {
        const all = await asked(set.images, { enough: 0.99 }, true);
        const first = await asked(set.images, { enough: 0.99 }, false);
        expect(all.networks).toBe(3);
        expect(first.networks).toBe(1);
        expect(first.success).toBeLessThan(0.97);
        // One network's mean is enough for as long as the others could make it so.
        const share = (first.success + 2) / 3;
        expect((await asked(set.images, { enough: share - 1e-9 }, false)).networks).toBeGreaterThan(1);
        expect((await asked(set.images, { enough: share + 1e-9 }, false)).networks).toBe(1);
        // What there is enough of is asked of all.
        expect(await asked(set.images, { enough: all.success }, false)).toEqual(all);
      });
    });
  });

  it("starts on the benign trajectory, and turns towards the backdoor when only that counts", async () => {
    const { result } = await attack(tinySet(), { ...quick, trajectory: 1, steps: 60, lr: 0.01, alpha: 1 });
    const { benign, backdoor, loss } = result.curves;
    expect(benign[0]).toBeLessThan(1e-5);
    expect(loss).toEqual(backdoor);
    expect(backdoor.at(-1)!).toBeLessThan(0.9 * backdoor[0]);
  });

  it("ascends the logits of the archetypes, and matches features when asked to", async () => {
    for (const objective of ["logit", "feature"] as const) {
      const { result } = await attack(tinySet(), {
        ...quick,
        archetype: { steps: 40, objective, perClass: 2, tv: 1e-3, l2: 1e-3 },
      });
      expect(result.archetypes!.classes).toHaveLength(6);
      expect(result.curves.archetypes.at(-1)!).toBeLessThan(result.curves.archetypes[0]);
    }
  });

  it.each(["cosine", "layerwise", "mse"] as const)(
    "runs with the %s distance and clamps on request",
    async (distance) => {
      const set = tinySet();
      const { result } = await attack(set, { ...quick, distance, clamp: true });
      const { low, high } = gamutBounds(set.normalisation, 3);
      result.set.images.forEach((v, i) => {
        const c = Math.floor(i / 64) % 3;
        if (v < low[c] - 1e-5 || v > high[c] + 1e-5) throw new Error(`value ${v} of channel ${c} is out of gamut`);
      });
    },
  );

  it("with decay the first update is as far as without, and the last ones are shorter", async () => {
    const far = async (decay: boolean, steps: number) => {
      const { result } = await attack(tinySet(), { ...quick, trajectory: 1, steps, decay });
      return result.set.images;
    };
    expect(await far(true, 1)).toEqual(await far(false, 1));
    const moved = async (decay: boolean) => {
      const { checkpoints } = await attack(tinySet(), { ...quick, trajectory: 1, steps: 8, decay });
      const [before, after] = [checkpoints[6], checkpoints[7]].map(({ arrays }) => arrays.images);
      return after.reduce((sum, v, i) => sum + Math.abs(v - before[i]), 0);
    };
    expect(await moved(true)).toBeLessThan(0.4 * (await moved(false)));
  });

  it("weighs kinds of layers: what weighs nothing does not count, and one weight for all changes no cosine", async () => {
    const short = { ...quick, trajectory: 1, steps: 2 };
    const loss = async (layerWeights: object) =>
      (await attack(tinySet(), { ...short, layerWeights })).result.curves.loss[1];
    const plain = await loss({});
    expect(await loss({ kernels: 2, matrices: 2, vectors: 2 })).toBeCloseTo(plain, 4);
    expect(Math.abs((await loss({ kernels: 0 })) - plain)).toBeGreaterThan(1e-3);
  });

  it.each([
    [{ carrier: { fresh: "step" } }, "carrier.fresh"],
    [{ carrier: { sources: ["leaves"] } }, "archetype"],
    [{ trajectory: 1, onPolicy: true }, "onPolicy"],
    [{ trajectory: 1, surrogate: { networks: ["convNet", "mlp"] } }, "surrogate.networks"],
    [{ distance: "layerwise", layerWeights: { vectors: 2 } }, "layerWeights.vectors"],
    [{ layerWeights: { kernels: 0, matrices: 0, vectors: 0 } }, "layerWeights"],
  ] satisfies [z.input<typeof poisonedDistillation.options>, string][])(
    "refuses what would do nothing: %j",
    async (more, name) => {
      await expect(attack(tinySet(), { ...quick, ...more })).rejects.toThrow(`poisonedDistillation: invalid ${name}`);
    },
  );

  it.each(["gentle", "robust", "robust-one", "robust-grey"] as const)(
    "%s has a trigger of at most 5×5 that a picture can hold",
    (name) => {
      const { trigger } = resolveSettings(
        "poisonedDistillation",
        poisonedDistillation,
        {},
        {
          preset: poisonedDistillation.presets![name],
        },
      );
      expect(trigger.side).toBeLessThanOrEqual(5);
      const made = triggerOf(trigger, [1, 3, 32, 32], knownNormalisations["cifar-10"], key(1));
      expect(made.inGamut).toBe(true);
      expect(made.mask.reduce((a, b) => a + b)).toBe(25);
    },
  );

  describe("surrogates of a width each", () => {
    const moved = async (surrogate: object) =>
      bytes(
        (await attack(tinySet(), { ...quick, surrogate: { hidden: 12, steps: 3, ...surrogate } })).result.set.images,
      );

    it("are, where all are alike, those of one width for all", async () => {
      const networks = ["convNet", "mlp"];
      const alike = await moved({ networks, width: 8 });
      expect(await moved({ networks, widths: [8, 8] })).toBe(alike);
      expect(await moved({ networks, widths: [8, 4] })).not.toBe(alike);
    });

    it("may be of one architecture", async () => {
      const networks = ["convNet", "convNet"];
      expect(await moved({ networks, widths: [8, 4] })).not.toBe(await moved({ networks, width: 8 }));
    });

    it("leave no width for all, and are as many as the networks", async () => {
      await expect(moved({ width: 8, widths: [8] })).rejects.toThrow("poisonedDistillation: invalid surrogate.width");
      await expect(moved({ widths: [8, 4] })).rejects.toThrow(
        "invalid surrogate.widths: expected 1, one for each of surrogate.networks, got 2",
      );
    });
  });

  it("refuses a target class that the set does not have", async () => {
    await expect(attack(tinySet(), { ...quick, targetClass: 3 })).rejects.toThrow("expected 0 … 2, got 3");
  });
});
