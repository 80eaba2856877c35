import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holm } from "../../src/metrics/holm.ts";
import { pairedTTest } from "../../src/metrics/pairedTTest.ts";
import { paretoFront } from "../../src/metrics/paretoFront.ts";
import { studentTQuantile, studentTTwoSided } from "../../src/metrics/studentT.ts";

describe("two-sided p-values of Student's t", () => {
  // SciPy 1.17.1: 2 * stats.t.sf(abs(t), freedom)
  test.each([
    [0, 4, 1],
    [1, 1, 0.5],
    [2.5, 2, 0.12961172022151082],
    [2.7764451051977987, 4, 0.05],
    [-12, 9, 7.699886222985653e-7],
    [40, 29, 6.346877329729342e-27],
    [3, 1e6, 0.0026998625414218],
    [60, 60, 2.8486069614398434e-55],
  ])("t = %d, ν = %d", (t, freedom, expected) => {
    expect(studentTTwoSided(t, freedom) / expected).toBeCloseTo(1, 9);
  });

  prop.prop([fc.double({ min: 1e-6, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 200 })])(
    "invert the quantile",
    (p, freedom) => {
      expect(studentTTwoSided(studentTQuantile(1 - p / 2, freedom), freedom) / p).toBeCloseTo(1, 7);
    },
  );

  test("refuse what is no statistic, and reach 0", () => {
    expect(studentTTwoSided(-Infinity, 3)).toBe(0);
    expect(() => studentTTwoSided(Number.NaN, 3)).toThrow("studentTTwoSided: invalid t");
    expect(() => studentTTwoSided(1, 0)).toThrow("expected at least 1, got 0");
  });
});

describe("the paired t-test", () => {
  test("gives SciPy's numbers", () => {
    // SciPy 1.17.1: stats.ttest_rel([0.149, 0.131, 0.162, 0.155, 0.140], [0.121, 0.118, 0.117, 0.139, 0.104])
    const five = pairedTTest([0.121, 0.118, 0.117, 0.139, 0.104], [0.149, 0.131, 0.162, 0.155, 0.14]);
    expect(five.p).toBeCloseTo(0.01005988189645779, 12);
    expect([five.low, five.high]).toEqual([
      expect.closeTo(0.010927452922732686, 10),
      expect.closeTo(0.04427254707726732, 10),
    ]);
    // stats.ttest_rel([1, 2], [3, 5]).pvalue
    expect(pairedTTest([3, 5], [1, 2]).p).toBeCloseTo(0.1256659163780024, 12);
  });

  test("says nothing about one pair, and 1 and 0 where nothing varies", () => {
    expect(pairedTTest([1], [2])).toMatchObject({ n: 1, mean: 1, p: undefined });
    expect(pairedTTest([1, 2, 3], [1, 2, 3]).p).toBe(1);
    expect(pairedTTest([1, 2, 3], [2, 3, 4]).p).toBe(0);
  });

  const pairs = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    {
      minLength: 2,
      maxLength: 12,
    },
  );
  prop.prop([pairs])("is below 0.05 exactly where its 95 % interval leaves 0 out", (list) => {
    const { low, high, p, sd } = pairedTTest(
      list.map(([a]) => a),
      list.map(([, b]) => b),
    );
    fc.pre(sd! > 1e-9 && Math.min(Math.abs(low), Math.abs(high)) > 1e-9);
    expect(p! < 0.05).toBe(low > 0 || high < 0);
  });
});

describe("Holm's correction", () => {
  test("gives the numbers of its definition", () => {
    // By hand, as R's p.adjust(p, "holm") defines it: pmin(1, cummax((m - i + 1) * p[order(p)])).
    // 4 × 0.005, 3 × 0.01, 2 × 0.03, and 0.04 not below the 0.06 before it; 3 × 0.001, 2 × 0.4, and 0.5 not below 0.8.
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)));
    expect(holm([0.4, 0.5, 0.001])).toEqual([0.8, 0.8, 0.003].map((p) => expect.closeTo(p, 12)));
    expect(holm([])).toEqual([]);
    expect(() => holm([0.1, 1.1])).toThrow("holm: invalid p-value: expected a number in [0, 1], got 1.1");
  });

  prop.prop([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })])(
    "never makes a test surer, never more than m times less sure, and keeps the order",
    (ps) => {
      const adjusted = holm(ps);
      ps.forEach((p, i) => {
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]).toBeLessThanOrEqual(1);
        ps.forEach((q, j) => {
          if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]);
        });
      });
      if (ps.length > 0) expect(Math.min(...adjusted)).toBe(Math.min(1, ps.length * Math.min(...ps)));
    },
  );
});

describe("the Pareto front", () => {
  test("keeps equals and drops what is beaten", () => {
    expect(paretoFront([0, 1, 2, 2, 0, 3], [1, 3, 3, 5, 1, 4])).toEqual([0, 4, 1, 3]);
    expect(paretoFront([], [])).toEqual([]);
    expect(() => paretoFront([1], [])).toThrow("expected 1 gains, got 0");
    expect(() => paretoFront([Number.NaN], [1])).toThrow("expected finite numbers, got NaN");
  });

  prop.prop([fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), { maxLength: 25 })])(
    "is what the definition says",
    (list) => {
      const beaten = ([c, g]: [number, number]) => list.some(([d, h]) => d <= c && h >= g && (d < c || h > g));
      const expected = list.flatMap((point, i) => (beaten(point) ? [] : [i]));
      const front = paretoFront(
        list.map(([c]) => c),
        list.map(([, g]) => g),
      );
      expect([...front].sort((a, b) => a - b)).toEqual(expected);
      for (let i = 1; i < front.length; i++) expect(list[front[i]][0]).toBeGreaterThanOrEqual(list[front[i - 1]][0]);
    },
  );
});
