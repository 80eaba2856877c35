import { describe, expect, it } from "vitest";
import { drive } from "../../src/core/drive.ts";
import { key } from "../../src/core/random.ts";
import type { DistilledSet, Labels } from "../../src/data/DistilledSet.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { openSessions } from "../../src/engine/session.ts";
import type { Repair, Repaired } from "../../src/sanitise/Repair.ts";
import type { RepairTarget } from "../../src/sanitise/RepairTarget.ts";
import * as repairs from "../../src/sanitise/repairs.ts";
import { sanitiseSet } from "../../src/sanitise/sanitiseSet.ts";
import { chosenRepairs } from "../../src/sanitise/settings.ts";
import { classesOf } from "../../src/train/targets.ts";
import { cpu, tinySet } from "../attack/tiny.ts";

const patchOf = (channels: number) => ({
  top: 5,
  left: 5,
  side: 3,
  values: new Float32Array(9 * channels).map((_, i) => i / (9 * channels)),
});
const findingsOf = (set: DistilledSet): RepairTarget[] => [
  { targetClass: 0, images: set.shape[0] === 3 ? [0] : [1], patch: patchOf(set.shape[1]) },
];
const soft: Labels = {
  kind: "soft",
  form: "probabilities",
  values: Float32Array.from({ length: 18 }, (_, i) => (Math.floor(i / 6) === i % 3 ? 0.8 : 0.1)),
};
/** A whitening that mixes nothing but doubles every number: what is stored is not what is seen. */
const doubled = () => {
  const matrix = new Float32Array(192 * 192);
  for (let i = 0; i < 192; i++) matrix[i * 193] = 2;
  return { mean: new Float32Array(192).fill(0.5), matrix, inverse: matrix.map((v) => v / 4) };
};

const sets: Record<string, DistilledSet> = {
  colour: tinySet(),
  grey: tinySet(6, 1),
  "one image a class": tinySet(3),
  "soft labels": { ...tinySet(), labels: soft },
  whitened: { ...tinySet(), normalisation: { kind: "zca", whitening: doubled() } },
};

const run = (name: keyof typeof repairs, set: DistilledSet, options: object = {}, seed = 1): Promise<Repaired> => {
  const repair = repairs[name] as Repair;
  const chosen = repair.options.parse(options);
  return drive(repair.run(set, findingsOf(set), chosen, { key: key(seed), device: cpu }));
};
const quick = { redistil: { networks: 1, steps: 2 } } as Record<string, object>;

describe.each(Object.keys(repairs) as (keyof typeof repairs)[])("%s", (name) => {
  it.each(Object.keys(sets))("repairs a set of this kind: %s", { timeout: 60_000 }, async (kind) => {
    const given = sets[kind];
    if (name === "drop" && kind === "one image a class") {
      await expect(run(name, given)).rejects.toThrow(/class 0 that carry nothing, got none/);
      return;
    }
    const before = given.images.slice();
    const { set, origin } = await run(name, given, quick[name]);
    expect(given.images).toEqual(before);
    expect(set.images.every(Number.isFinite)).toBe(true);
    const [m, ...shape] = set.shape;
    expect(shape).toEqual(given.shape.slice(1));
    expect(origin).toHaveLength(m);
    expect(classesOf(set)).toHaveLength(m);
    expect(set.images).toHaveLength(m * shape.reduce((a, b) => a * b));
    // Every class stays.
    expect(new Set(classesOf(set)).size).toBe(3);
    const again = await run(name, given, quick[name]);
    expect(again.set).toEqual(set);
    expect(openSessions()).toBe(0);
  });
});

const pixelsOf = (set: DistilledSet) => toPixels(set.images, set.shape, set.normalisation);

it.each(["others", "local"] as const)(
  "painting over (%s) touches the widened place of the images named",
  async (fill) => {
    const given = sets.colour;
    const { set } = await run("inpaint", given, { margin: 2, fill });
    let changed = 0;
    set.images.forEach((v, i) => {
      const [image, y, x] = [Math.floor(i / 192), Math.floor(i / 8) % 8, i % 8];
      const inside = image === 1 && y >= 3 && x >= 3;
      if (!inside) expect(v).toBe(given.images[i]);
      else if (v !== given.images[i]) changed++;
    });
    expect(changed).toBe(75);
  },
);

it("in whitened space every number of a painted image may change, and none of the others", async () => {
  const given = sets.whitened;
  const { set } = await run("inpaint", given, { margin: 0 });
  const [was, is] = [pixelsOf(given), pixelsOf(set)];
  is.forEach((v, i) => {
    const [image, y, x] = [Math.floor(i / 192), Math.floor(i / 8) % 8, i % 8];
    if (image !== 1) expect(set.images[i]).toBe(given.images[i]);
    else if (y < 5 || x < 5) expect(v).toBeCloseTo(was[i], 5);
  });
});

it("an antidote is stamped copies of other classes under their own labels", async () => {
  const given = sets["soft labels"];
  const { set, origin } = await run("antidote", given, { share: 0.5 });
  expect([...origin]).toEqual([0, 1, 2, 3, 4, 5, -1, -1]);
  expect(set.images.subarray(0, given.images.length)).toEqual(given.images);
  const labels = set.labels.kind === "soft" ? set.labels.values : new Float32Array();
  expect(labels).toHaveLength(24);
  const { values } = patchOf(3);
  const pixels = pixelsOf(set);
  for (const image of [6, 7]) {
    expect(classesOf(set)[image]).not.toBe(0);
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < 3; y++)
        for (let x = 0; x < 3; x++)
          expect(pixels[((image * 3 + c) * 8 + 5 + y) * 8 + 5 + x]).toBeCloseTo(values[(c * 3 + y) * 3 + x], 5);
  }
});

it("dropping puts another image of the class in the place, or nothing", async () => {
  const given = sets.colour;
  const filled = await run("drop", given);
  expect([...filled.origin]).toEqual([0, -1, 2, 3, 4, 5]);
  expect(filled.set.images.subarray(192, 384)).toEqual(given.images.subarray(0, 192));
  const fewer = await run("drop", given, { rebalance: false });
  expect([...fewer.origin]).toEqual([0, 2, 3, 4, 5]);
});

it("blinding shows the same at the place in every image", async () => {
  const { set } = await run("blind", sets.colour);
  for (let i = 1; i < 6; i++) expect(set.images[i * 192 + 63]).toBe(set.images[63]);
});

it("clipped and rounded pictures are pictures", async () => {
  const clipped = pixelsOf((await run("clip", sets.colour)).set);
  expect(Math.min(...clipped)).toBeGreaterThan(-1e-6);
  expect(Math.max(...clipped)).toBeLessThan(1 + 1e-6);
  const rounded = pixelsOf((await run("eightBit", sets.grey)).set);
  for (const v of rounded) expect(255 * v).toBeCloseTo(Math.round(255 * v), 3);
});

it("new images are called what they are labelled, more than before", { timeout: 60_000 }, async () => {
  const none = await run("redistil", sets.colour, { networks: 1, steps: 1, step: 1e-6 });
  const many = await run("redistil", sets.colour, { networks: 1, steps: 20 });
  expect(many.set.images.subarray(192, 384)).not.toEqual(none.set.images.subarray(192, 384));
  expect(many.set.images.subarray(0, 192)).toEqual(sets.colour.images.subarray(0, 192));
});

describe("several repairs", () => {
  const all = (names: string[], options = {}) =>
    drive(
      sanitiseSet(sets.colour, findingsOf(sets.colour), chosenRepairs(names, options, "test"), {
        key: key(1),
        device: cpu,
      }),
    );

  it("follow the images through each other", async () => {
    const { origin, steps } = await all(["drop", "antidote", "clip"]);
    expect([...origin]).toEqual([0, -1, 2, 3, 4, 5, -1, -1]);
    expect(steps.map(({ repair, removed, added }) => [repair, removed, added])).toEqual([
      ["drop", [1], 1],
      ["antidote", [], 2],
      ["clip", [], 0],
    ]);
  });

  it("say which images they changed", async () => {
    const { steps } = await all(["inpaint", "antidote"]);
    expect(steps[0]).toMatchObject({ repair: "inpaint", changed: [1], removed: [], added: 0 });
    expect(steps[1]).toMatchObject({ repair: "antidote", changed: [], removed: [], added: 2 });
  });

  it("refuse what nobody knows, and what needs a place where there is none", async () => {
    expect(() => chosenRepairs(["cure"], {}, "test")).toThrow(/unknown repair: expected one of antidote/);
    expect(() => chosenRepairs(["antidote"], { antidote: { share: 2 } }, "test")).toThrow(/share/);
    expect(chosenRepairs(["eight-bit"], {}, "test")[0].name).toBe("eightBit");
    const shared = [{ targetClass: 0, images: [1] }];
    const work = sanitiseSet(sets.colour, shared, chosenRepairs(["inpaint"], {}, "test"), { key: key(1), device: cpu });
    await expect(drive(work)).rejects.toThrow(/needs no trigger, got inpaint/);
  });

  it("refuse numbers that lead to no pixels", async () => {
    const blind = { ...sets.colour, normalisation: { kind: "unknown" } as const };
    await expect(drive(sanitiseSet(blind, [], [], { key: key(1), device: cpu }))).rejects.toThrow(/normalisation/);
  });
});
