import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defenseEffectiveness } from "../../src/metrics/defenseEffectiveness.ts";
import { accuracy, attackSuccessRate, robustAccuracy } from "../../src/metrics/rates.ts";

describe("rates", () => {
  const labels = [0, 0, 1, 1, 2, 2];

  test("the target's own images count neither for nor against an attack", () => {
    const predicted = [0, 0, 0, 1, 2, 1];
    expect(accuracy(predicted, labels)).toBe(4 / 6);
    expect(attackSuccessRate(predicted, labels, 0)).toBe(1 / 4);
    expect(robustAccuracy(predicted, labels, 0)).toBe(2 / 4);
  });

  test("a network that knows nothing but the target", () => {
    expect(attackSuccessRate([0, 0, 0, 0, 0, 0], labels, 0)).toBe(1);
    expect(robustAccuracy([0, 0, 0, 0, 0, 0], labels, 0)).toBe(0);
  });

  test("nothing to measure is an error, not a rate", () => {
    expect(() => accuracy([], [])).toThrow("accuracy: missing images: expected at least one, got none");
    expect(() => attackSuccessRate([1, 1], [3, 3], 3)).toThrow("expected at least one outside class 3, got none");
    expect(() => robustAccuracy([1], [1, 2], 0)).toThrow("robustAccuracy: invalid predictions: expected 2, got 1");
  });

  const cases = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 60 });
  prop.prop([cases, fc.nat(4)])("ASR and RA are fractions that share one whole", (pairs, target) => {
    fc.pre(pairs.some(([, label]) => label !== target));
    const predicted = pairs.map(([p]) => p);
    const truth = pairs.map(([, y]) => y);
    const asr = attackSuccessRate(predicted, truth, target);
    const ra = robustAccuracy(predicted, truth, target);
    expect(Math.min(asr, ra)).toBeGreaterThanOrEqual(0);
    expect(asr + ra).toBeLessThanOrEqual(1 + 1e-12);
    // Adding images of the target changes nothing, whatever is predicted for them.
    expect(attackSuccessRate([...predicted, target, 0], [...truth, target, target], target)).toBe(asr);
  });
});

describe("DER", () => {
  test("follows its formula at the corners", () => {
    const before = { cta: 0.8, asr: 0.9 };
    expect(defenseEffectiveness(before, before)).toBe(0.5);
    expect(defenseEffectiveness(before, { cta: 0.8, asr: 0 })).toBeCloseTo(0.95, 12);
    expect(defenseEffectiveness(before, { cta: 0, asr: 0.9 })).toBeCloseTo(0.1, 12);
    expect(defenseEffectiveness(before, { cta: 0.7, asr: 0.3 })).toBeCloseTo(0.75, 12);
    // Getting better where it was good, or worse where it was bad, is not counted.
    expect(defenseEffectiveness(before, { cta: 0.9, asr: 1 })).toBe(0.5);
  });

  const rate = fc.double({ min: 0, max: 1, noNaN: true });
  prop.prop([rate, rate, rate, rate])("stays within [0, 1]", (cta, asr, cta2, asr2) => {
    const der = defenseEffectiveness({ cta, asr }, { cta: cta2, asr: asr2 });
    expect(der).toBeGreaterThanOrEqual(0);
    expect(der).toBeLessThanOrEqual(1);
  });
});
