import { describe, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import { type Augmentation, dsaSettings } from "../../src/data/augment/Augmentation.ts";
import { augment } from "../../src/data/augment/augment.ts";
import { augmentAdjoint } from "../../src/data/augment/augmentAdjoint.ts";
import { drawDsa, drawFlipCrop, dsaOperators, parseDsaStrategy } from "../../src/data/augment/dsa.ts";
import type { ImageShape } from "../../src/data/LabelledSet.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, relativeError, type Summary } from "../golden/summary.ts";

interface Case {
  name: string;
  operator: string;
  siamese: boolean;
  parameters: Record<string, number[]>;
  x: DetSpec;
  cotangent: DetSpec;
  results: { output: Summary; gradient: Summary };
}
const { settings, cases } = golden<{ settings: typeof dsaSettings; cases: Case[] }>("dsa.json");

/** The parts of colour are colour with the other two at rest. */
function augmentationOf({ operator, parameters }: Case): Augmentation {
  const rest = { operator: "color" as const, brightnessU: [0.5], saturationU: [0.5], contrastU: [0.5] };
  if (["brightness", "saturation", "contrast"].includes(operator)) return { ...rest, [`${operator}U`]: parameters.u };
  return { operator, ...parameters } as unknown as Augmentation;
}

it("has the settings that the golden numbers were made with", () => {
  expect(dsaSettings).toEqual(settings);
});

describe("against PyTorch", () => {
  it.each(cases)("$name on arrays", (c) => {
    const out = augment(build(c.x), c.x.shape as unknown as ImageShape, augmentationOf(c));
    expect(relativeError(c.results.output, out)).toBeLessThan(1e-6);
  });

  it.each(cases)("$name: image gradient on arrays", (c) => {
    const back = augmentAdjoint(build(c.cotangent), c.x.shape as unknown as ImageShape, augmentationOf(c));
    expect(relativeError(c.results.gradient, back)).toBeLessThan(1e-6);
  });
});

describe("draws", () => {
  const batch = { images: 5, height: 32, width: 28 };

  it("are a function of the key, use every operator, and keep to their ranges", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const draw = drawDsa(key(i), dsaOperators, batch, i % 2 === 0)!;
      expect(drawDsa(key(i), dsaOperators, batch, i % 2 === 0)).toEqual(draw);
      seen.add(draw.operator);
      for (const [name, values] of Object.entries(draw)) {
        if (name === "operator") continue;
        expect(values).toHaveLength(i % 2 === 0 ? 1 : 5);
        const side = name.endsWith("y") ? 32 : 28;
        const [low, high] = /^d/.test(name)
          ? [-side / 8 - 0.5, side / 8 + 0.5]
          : /^c[yx]$/.test(name)
            ? [0, side]
            : [0, 1];
        for (const v of values) {
          expect(v).toBeGreaterThanOrEqual(low);
          expect(v).toBeLessThanOrEqual(high);
        }
      }
    }
    expect([...seen].sort()).toEqual([...dsaOperators].sort());
  });

  it("a strategy is read operator by operator", () => {
    expect(parseDsaStrategy("color_crop_cutout_flip_scale_rotate")).toEqual(dsaOperators);
    expect(parseDsaStrategy("none")).toEqual([]);
    expect(drawDsa(key(0), [], batch, true)).toBe(undefined);
    expect(() => parseDsaStrategy("crop_blur")).toThrow(
      'expected none or some of color, crop, cutout, flip, scale, rotate joined by "_", got "blur"',
    );
  });

  it("flip and crop mirrors first and shifts then", () => {
    const image = Float32Array.from({ length: 6 }, (_, i) => i + 1);
    const draw: Augmentation = { operator: "flipCrop", u: [0], dy: [1], dx: [-1] };
    expect([...augment(image, [1, 1, 2, 3], draw)]).toEqual([0, 6, 5, 0, 0, 0]);
    const drawn = drawFlipCrop(key("fc"), { images: 200, height: 8, width: 8 }, 2);
    expect(drawn).toMatchObject({ operator: "flipCrop" });
    if (drawn.operator !== "flipCrop") return;
    expect([...new Set(drawn.dy)].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    expect(drawn.u.filter((u) => u < 0.5).length).toBeGreaterThan(70);
  });

  it("no draw changes nothing", () => {
    const image = Float32Array.of(1, 2, 3, 4);
    expect(augment(image, [1, 1, 2, 2], undefined)).toEqual(image);
    const [memory, kept] = [new Float32Array(4), image.slice()];
    expect(augment(image, [1, 1, 2, 2], { operator: "flip", u: [0] }, dsaSettings, memory)).toBe(memory);
    expect([...memory]).toEqual([2, 1, 4, 3]);
    expect(image).toEqual(kept);
  });
});
