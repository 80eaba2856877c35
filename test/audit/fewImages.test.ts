import { describe, expect, it } from "vitest";
import { type Calibration, calibrationKind, significance } from "../../src/audit/calibration.ts";
import { panelNetwork } from "../../src/audit/Panel.ts";
import { type AuditSettings, audit, type DistilledSet } from "../../src/index.ts";
import { imagesPerClass } from "../../src/train/imagesPerClass.ts";
import { tinySet } from "../attack/tiny.ts";

const small = { level: "quick", width: 4, epochs: 2, grid: 2, followed: 1 } as const;
const call = { threads: 1 };
/** One image of each class of five, but of those that are left out. */
function oneEach(...without: number[]): DistilledSet {
  const classes = Int32Array.from([0, 1, 2, 3, 4].filter((label) => !without.includes(label)));
  const [, c, h, w] = tinySet(1).shape;
  const images = Float32Array.from({ length: classes.length * c * h * w }, (_, i) => Math.sin(i * (1 + (i % 7))));
  return {
    ...tinySet(1),
    ...{ images, classes: 5, shape: [classes.length, c, h, w], labels: { kind: "hard", classes } },
  } as DistilledSet;
}

describe("a class without images", { timeout: 60_000 }, () => {
  it("makes no other class's images fewer", () => {
    expect([oneEach(), oneEach(2), oneEach(0, 4)].map(imagesPerClass)).toEqual([1, 1, 1]);
    expect(calibrationKind(oneEach(2))).toEqual(calibrationKind(oneEach()));
  });

  it("is audited as the whole set is: by the same detectors", async () => {
    const names = async (set: DistilledSet) => (await audit(set, small, call)).result.findings.map((f) => f.detector);
    expect(await names(oneEach(2))).toEqual(await names(oneEach()));
    expect(await names(oneEach(2))).toContain("standsOut");
  });

  it("but a set of one class alone is refused", async () => {
    await expect(audit(oneEach(0, 1, 2, 3), small, call)).rejects.toThrow(
      /expected images of two classes or more, got of 1/,
    );
  });
});

describe("detectors that were named", { timeout: 60_000 }, () => {
  it("and ask for more images than there are say so", async () => {
    const { result, conclusion } = await audit(oneEach(), { detectors: ["grid", "coherence"] }, call);
    expect(result.findings.map(({ detector, note }) => [detector, note])).toEqual([
      ["grid", "asks for 2 images a class"],
      ["coherence", "asks for 3 images a class"],
    ]);
    expect(conclusion.verdict).toBe("cannot be judged");
    expect(conclusion.sentences[0]).toContain("Nobody who was asked");
  });

  it("and look at images alone need no network that fits them", async () => {
    const narrow = { ...oneEach(), shape: [5, 3, 4, 16] } as DistilledSet;
    expect((await audit(narrow, { detectors: ["gamut"] }, call)).result.findings).toHaveLength(1);
    await expect(audit(narrow, small, call)).rejects.toThrow(/expected square images.*4 × 16/);
    expect(() => panelNetwork(narrow, {})).toThrow(/square/);
  });
});

it.each([[{ level: "nope" }], [{ epochs: -1 }], [{ width: 0 }], [{ detectors: [] }], [{ depth: 3 }]])(
  "settings that an audit does not have are refused: %j",
  async (settings) => {
    await expect(audit(oneEach(), settings as unknown as AuditSettings, call)).rejects.toThrow(/^audit: .*expected/);
  },
);

it("a clean set that was not asked what counts takes nothing from the others", () => {
  const whole = Array.from({ length: 20 }, (_, i) => ({
    ...{ made: `${i}`, method: "a", scores: { standsOut: i / 20, pasted: 1 } },
  }));
  const library = {
    format: "retort-calibration/1",
    kind: calibrationKind(oneEach()),
    settings: {},
    sets: whole,
  } as const;
  const own = { standsOut: 5, pasted: 1 };
  const some: Calibration = {
    ...library,
    sets: [
      { made: "x", method: "b", scores: {} },
      { made: "y", method: "a", scores: { pasted: 0 } },
    ],
  };
  expect(significance(own, [library, some])).toEqual(significance(own, [library]));
  expect(significance(own, [library])[0]).toMatchObject({ n: 20, p: 1 / 21 });
  expect(significance(own, [{ ...some, sets: some.sets.slice(0, 1) }])).toEqual([]);
});
