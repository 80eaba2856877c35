import { fc, it } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { candidatesWithin, ranked, sharesOf, sizesOf, stepsAt } from "../../../src/experiment/search/halving.ts";

describe("successive halving", () => {
  it("gives few candidates many updates", () => {
    const halving = { eta: 3, rungs: 3 };
    expect(sharesOf(halving).map((share) => stepsAt(900, share))).toEqual([100, 300, 900]);
    expect(sizesOf(18, halving)).toEqual([18, 6, 2]);
    expect(sizesOf(2, halving)).toEqual([2, 1, 1]);
    expect(sharesOf({ eta: 4, rungs: 1 })).toEqual([1]);
    expect(stepsAt(2, 1 / 9)).toBe(1);
  });

  it.prop([fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 5 })])(
    "no rung takes more updates than the first",
    (candidates, eta, rungs) => {
      const halving = { eta, rungs };
      const updates = sizesOf(candidates, halving).map((n, r) => n * sharesOf(halving)[r]);
      // A rung never has fewer than one candidate.
      expect(Math.max(...updates)).toBeLessThanOrEqual(Math.max(updates[0], 1) + 1e-9);
    },
  );

  it("fills a time at the pace of the first trial", () => {
    expect(candidatesWithin(600, 10, { eta: 3, rungs: 3 })).toBe(20);
    expect(candidatesWithin(1, 10, { eta: 3, rungs: 3 })).toBe(1);
  });

  it("ranks by value, then by id, failures last", () => {
    const list = [{ id: "d" }, { id: "c", value: 0.1 }, { id: "b", value: 0.2 }, { id: "a", value: 0.1 }];
    expect(ranked(list).map(({ id }) => id)).toEqual(["b", "a", "c", "d"]);
    expect(ranked([...list].reverse())).toEqual(ranked(list));
  });
});
