import { describe, expect, it } from "vitest";
import type { Attack, AttackResult } from "../../src/attack/Attack.ts";
import { attackPictures } from "../../src/attack/attackPictures.ts";
import { attackRegistry } from "../../src/attack/attackRegistry.ts";
import { drive } from "../../src/core/drive.ts";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations, type Normalisation } from "../../src/data/Normalisation.ts";
import { normalisationNamed, renormalise, toPixels, unit } from "../../src/data/normalise.ts";
import { standardSpace } from "../../src/data/standardSpace.ts";
import { attack as attackOnce } from "../../src/library/attack.ts";
import { det } from "../golden/det.ts";
import { cpu, quick, quickRidge, quickTrajectory, quickUnseen, tinySet } from "./tiny.ts";

/** Pictures whose channels differ in mean and deviation. */
const pixels: DistilledSet = {
  ...tinySet(),
  images: det("units", 6 * 3 * 64, 0.4, 0.5).map((v, i) => v * [0.6, 0.3, 1][Math.floor(i / 64) % 3]),
  normalisation: unit,
};
const standard = renormalise(pixels, standardSpace(pixels));

/** What takes a second, with every number that counts in units. */
const settings: Record<string, object> = {
  badNets: { poisonRatio: 0.5 },
  poisonedDistillation: { ...quick, penalty: 3 },
  ridgeHead: { ...quickRidge, penalty: 3, stamp: { share: 0.5, strength: 2 } },
  trajectoryMatching: { ...quickTrajectory, penalty: 3 },
  cleanLabel: { strength: 3 },
  unseenStamp: quickUnseen,
};

const run = (attack: Attack, set: DistilledSet, given: object = {}): Promise<AttackResult> =>
  drive(attackPictures(attack, set, attack.options.parse(given), { key: key(3), device: cpu }));
const picturesOf = ({ images, shape, normalisation }: DistilledSet) => toPixels(images, shape, normalisation);
const apart = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

const scales: Record<string, Normalisation> = {
  "0 … 255": normalisationNamed("8-bit", "test"),
  "[−1, 1]": { kind: "meanStd", mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};

function alike(stored: AttackResult, wanted: AttackResult): void {
  expect(stored.set.normalisation).toBe(unit);
  const grown = wanted.set.images.length > pixels.images.length;
  if (!grown) expect(apart(picturesOf(pixels), picturesOf(wanted.set))).toBeGreaterThan(1e-3);
  expect(apart(picturesOf(stored.set), picturesOf(wanted.set))).toBeLessThan(2e-6);
  expect(stored.curves).toEqual(wanted.curves);
  const pattern = ({ trigger, set }: AttackResult) => toPixels(trigger.pattern, [1, 3, 8, 8], set.normalisation);
  expect(apart(pattern(stored), pattern(wanted))).toBeLessThan(2e-6);
}

/** Who distils raw images writes the set in its own units. */
const moving = (Object.entries(attackRegistry) as unknown as [string, Attack][]).filter(
  ([, { access }]) => access === "distilled-set",
);

it.each(moving)("%s does to a set in pixels what it does to it in units of its deviation", async (name, attack) => {
  const wanted = await run(attack, standard, settings[name]);
  alike(await run(attack, pixels, settings[name]), wanted);
});

it.each(Object.entries(scales))("a stamp three times as strong is the same on a set in %s", async (_, scale) => {
  const attack = attackRegistry.cleanLabel as unknown as Attack;
  const stored = await run(attack, renormalise(pixels, scale), { strength: 3 });
  expect(stored.set.normalisation).toEqual(scale);
  const wanted = await run(attack, standard, { strength: 3 });
  expect(apart(picturesOf(stored.set), picturesOf(wanted.set))).toBeLessThan(4e-6);
});

it("a set that is normalised by mean and deviation is attacked as it stands", async () => {
  const set = tinySet();
  const attack = attackRegistry.cleanLabel as unknown as Attack;
  const direct = drive(attack.run(set, attack.options.parse({ strength: 3 }), { key: key(3), device: cpu }));
  expect(await run(attack, set, { strength: 3 })).toEqual(await direct);
});

it("keeps every byte that the attack leaves alone", async () => {
  const { set } = await run(attackRegistry.cleanLabel as unknown as Attack, pixels, {
    share: 0.5,
    trigger: { side: 2 },
  });
  const changed = set.images.reduce((n, v, i) => n + (v === pixels.images[i] ? 0 : 1), 0);
  expect(changed).toBeGreaterThan(0);
  expect(changed).toBeLessThanOrEqual(2 * 2 * 3);
});

it("the library's call counts alike", async () => {
  const options = { strength: 3 };
  const [stored, wanted] = [
    await attackOnce(pixels, "cleanLabel", options, { seed: 1 }),
    await attackOnce(standard, "cleanLabel", options, { seed: 1 }),
  ];
  expect(apart(picturesOf(stored.set), picturesOf(wanted.set))).toBeLessThan(2e-6);
});

describe("the space that an attack counts in", () => {
  it("has mean 0 and deviation 1 in every channel", () => {
    for (let c = 0; c < 3; c++) {
      const values = [...standard.images].filter((_, i) => Math.floor(i / 64) % 3 === c);
      const mean = values.reduce((a, b) => a + b) / values.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length).toBeCloseTo(1, 5);
    }
  });

  it("is that of a normalisation by the data's mean and deviation, and of a set that does not say", () => {
    for (const normalisation of [knownNormalisations["cifar-10"], { kind: "unknown" }, { kind: "zca" }] as const)
      expect(standardSpace({ ...pixels, normalisation })).toBe(normalisation);
  });

  it("only centres a channel that is constant", () => {
    const flat = { ...pixels, images: pixels.images.map((v, i) => (Math.floor(i / 64) % 3 === 1 ? 0.25 : v)) };
    expect(standardSpace(flat)).toMatchObject({ kind: "meanStd", std: [expect.any(Number), 1, expect.any(Number)] });
  });
});
