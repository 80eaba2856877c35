import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { key, Stream } from "../../src/core/random.ts";
import { auroc } from "../../src/metrics/auroc.ts";
import { pairedDifference, summarise, wilson } from "../../src/metrics/intervals.ts";
import { studentTQuantile } from "../../src/metrics/studentT.ts";

describe("Student's t", () => {
  // Closed forms: ν = 1 is tan(π(p − ½)), ν = 2 is (2p − 1)√(2 / (4p(1 − p))); the rest from printed tables.
  test.each([
    [0.975, 1, Math.tan(Math.PI * 0.475)],
    [0.995, 2, (2 * 0.995 - 1) * Math.sqrt(2 / (4 * 0.995 * 0.005))],
    [0.975, 4, 2.7764451051977987],
    [0.975, 9, 2.2621571627409915],
    [0.975, 29, 2.045229642132703],
    [0.975, 1e9, 1.959963984540054],
    [0.95, 10, 1.8124611228107335],
    [0.6, 1, Math.tan(Math.PI * 0.1)],
  ])("p = %d, ν = %d", (p, freedom, expected) => {
    expect(studentTQuantile(p, freedom) / expected - 1).toBeCloseTo(0, 8);
    expect(studentTQuantile(1 - p, freedom)).toBeCloseTo(-studentTQuantile(p, freedom), 9);
  });

  prop.prop([fc.double({ min: 0.5001, max: 0.9999, noNaN: true }), fc.double({ min: 1, max: 500, noNaN: true })])(
    "falls with the degrees of freedom",
    (p, freedom) => {
      expect(studentTQuantile(p, freedom + 1)).toBeLessThan(studentTQuantile(p, freedom));
    },
  );

  test("refuses what is no probability", () => {
    expect(() => studentTQuantile(1, 3)).toThrow("expected a number in (0, 1), got 1");
    expect(() => studentTQuantile(0.9, 0)).toThrow("expected at least 1, got 0");
  });
});

describe("summaries", () => {
  test("mean, sample deviation and interval of five networks", () => {
    const summary = summarise([26.1, 27.4, 26.8, 27.0, 25.9]);
    expect(summary.mean).toBeCloseTo(26.64, 10);
    expect(summary.sd).toBeCloseTo(0.626897, 6);
    expect(summary.high - summary.mean).toBeCloseTo((2.7764451052 * 0.626897) / Math.sqrt(5), 6);
  });

  test("one value says nothing about its spread", () => {
    expect(summarise([3])).toEqual({ n: 1, mean: 3, sd: undefined, low: -Infinity, high: Infinity });
    expect(() => summarise([])).toThrow("summarise: missing values");
    expect(() => summarise([1, Number.NaN])).toThrow("summarise: invalid value 1: expected a finite number, got NaN");
  });

  test("pairs cancel what they share", () => {
    const difference = pairedDifference([10, 20, 30], [11, 22, 31]);
    expect(difference.mean).toBeCloseTo(4 / 3, 12);
    expect(difference.sd).toBeCloseTo(Math.sqrt(1 / 3), 12);
    expect(() => pairedDifference([1], [1, 2])).toThrow("expected 1 values, got 2");
  });

  test("95 % intervals hold the true mean about 95 times in 100", () => {
    const stream = new Stream(key("coverage"));
    let held = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const { low, high } = summarise(Array.from({ length: 5 }, () => 3 + stream.normal()));
      if (low <= 3 && 3 <= high) held++;
    }
    // Binomial(2000, 0.95) has a deviation of 0.49 %; four of them.
    expect(Math.abs(held / 2000 - 0.95)).toBeLessThan(0.0195);
  });
});

describe("Wilson's interval", () => {
  test("matches the formula's printed example and is open at the ends", () => {
    // 15 of 50 at 95 %: 0.1910 … 0.4375.
    expect(wilson(15, 50).low).toBeCloseTo(0.191, 3);
    expect(wilson(15, 50).high).toBeCloseTo(0.4375, 3);
    expect(wilson(0, 10)).toEqual({ low: 0, high: expect.closeTo(1.959964 ** 2 / (10 + 1.959964 ** 2), 6) });
    expect(() => wilson(3, 2)).toThrow("expected 0 ≤ hits ≤ of");
  });

  prop.prop([fc.nat(200), fc.integer({ min: 1, max: 200 })])("holds the proportion", (a, of) => {
    const hits = a % (of + 1);
    const { low, high } = wilson(hits, of);
    expect(low).toBeLessThanOrEqual(hits / of + 1e-12);
    expect(high).toBeGreaterThanOrEqual(hits / of - 1e-12);
  });
});

describe("AUROC", () => {
  test("perfect, blind, inverted, ties", () => {
    expect(auroc([1, 2, 3, 4], [false, false, true, true])).toBe(1);
    expect(auroc([4, 3, 2, 1], [0, 0, 1, 1])).toBe(0);
    expect(auroc([7, 7, 7], [true, false, true])).toBe(0.5);
    expect(auroc([1, 2, 2, 3], [0, 0, 1, 1])).toBe(0.875);
    expect(auroc([-Infinity, Infinity], [0, 1])).toBe(1);
    expect(() => auroc([1, 2], [1, 1])).toThrow("expected both kinds, got 2 positive of 2");
    expect(() => auroc([Number.NaN, 2], [1, 0])).toThrow("invalid score 0");
  });

  const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { minLength: 2, maxLength: 40 });
  prop.prop([scored])("equals the count over all pairs", (items) => {
    const positives = items.filter(([, p]) => p);
    const negatives = items.filter(([, p]) => !p);
    fc.pre(positives.length > 0 && negatives.length > 0);
    let wins = 0;
    for (const [a] of positives) for (const [b] of negatives) wins += a > b ? 1 : a === b ? 0.5 : 0;
    const direct = wins / (positives.length * negatives.length);
    const scores = items.map(([score]) => score);
    const truth = items.map(([, p]) => p);
    expect(auroc(scores, truth)).toBeCloseTo(direct, 12);
    expect(
      auroc(
        scores.map((s) => Math.exp(s) - 5),
        truth,
      ),
    ).toBeCloseTo(direct, 12);
  });
});
