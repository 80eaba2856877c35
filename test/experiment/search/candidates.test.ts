import { describe, expect, it } from "vitest";
import type { Attack } from "../../../src/attack/Attack.ts";
import * as attacks from "../../../src/attack/attacks.ts";
import { key } from "../../../src/core/random.ts";
import { combinations, draw, narrowed } from "../../../src/experiment/search/candidates.ts";
import { readSpace } from "../../../src/experiment/search/readSpace.ts";

const { options } = attacks.ridgeHead;
const space = { fixed: { steps: 9, targetClass: 2 }, vary: { alpha: [0.1, 0.2, 0.3], "pool.size": [2, 4] } };

describe("candidates", () => {
  it("the whole space is every combination once, completed", () => {
    const all = draw(attacks.ridgeHead, space, combinations(space), key(0));
    expect(all).toHaveLength(6);
    expect(new Set(all.map(({ point }) => JSON.stringify(point))).size).toBe(6);
    for (const { point, options: complete } of all)
      expect(complete).toMatchObject({
        alpha: point.alpha,
        pool: { size: point["pool.size"], passes: 4 },
        steps: 9,
        targetClass: 2,
      });
  });

  it("fewer draws are the first of more; another key draws others", () => {
    const ids = (n: number, seed: number) => draw(attacks.ridgeHead, space, n, key(seed)).map(({ id }) => id);
    expect(ids(6, 0).slice(0, 2)).toEqual(ids(2, 0));
    expect(ids(6, 1)).not.toEqual(ids(6, 0));
    expect([...ids(6, 1)].sort()).toEqual([...ids(6, 0)].sort());
  });

  it("what is given is not varied, and one setting is one candidate", () => {
    const narrow = narrowed(space, { pool: { size: 8 } });
    const all = draw(attacks.ridgeHead, narrow, 10, key(0));
    expect(all.map(({ options: o }) => (o.pool as { size: number }).size)).toEqual([8, 8, 8]);
    expect(draw(attacks.ridgeHead, { vary: { alpha: [0.1, 0.1] } }, 2, key(0))).toHaveLength(1);
  });

  it.each(Object.entries(attacks as unknown as Record<string, Attack>).filter(([, a]) => a.searchSpace))(
    "the space of %s holds the attack's defaults and fits its options",
    (_, attack) => {
      const { vary, sample } = attack.searchSpace!;
      const defaults = attack.options.parse({});
      for (const [name, values] of Object.entries(vary)) {
        const usual = name.split(".").reduce<unknown>((o, step) => (o as Record<string, unknown>)[step], defaults);
        expect(values, name).toContainEqual(usual);
        for (const value of values) draw(attack, { vary: { [name]: [value] } }, 1, key(0));
      }
      expect(sample).toBeLessThan(combinations(attack.searchSpace!));
    },
  );
});

describe("a space file", () => {
  it("is read in YAML and in JSON", () => {
    const text = "fixed: { steps: 9, targetClass: 2 }\nvary:\n  alpha: [0.1, 0.2, 0.3]\n  pool.size: [2, 4]\n";
    expect(readSpace(text, "space.yaml", options)).toEqual(space);
    expect(readSpace(JSON.stringify(space), "space.json", options)).toEqual(space);
  });

  it.each([
    ["vary:\n  alpha: [0.1, 7]", "space.yaml:2:3: invalid alpha: expected number to be <=1, got 7"],
    ["vary:\n  alhpa: [0.1]", "space.yaml:2:3: unknown member alhpa: expected one of alpha, "],
    ["vary:\n  pool.sise: [1]", "space.yaml:2:3: unknown member pool.sise: expected one of maxPasses, passes, size"],
    ["fixed:\n  steps: many\nvary: {}", 'space.yaml:2:3: invalid fixed.steps: expected number, got "many"'],
    ["vary: {}\nsample: 0", "space.yaml:2:1: invalid sample: expected number to be >=1, got 0"],
    ["fixed: {}", "space.yaml: missing vary: expected record, got none"],
    ["- alpha", 'space.yaml: invalid space: expected object, got ["alpha"]'],
    ["vary: [", "space.yaml:1:8: invalid YAML"],
  ])("is refused where it is wrong: %j", (text, message) => {
    expect(() => readSpace(text, "space.yaml", options)).toThrow(message);
  });
});
