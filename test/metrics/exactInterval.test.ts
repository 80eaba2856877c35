import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import { exactInterval } from "../../src/metrics/exactInterval.ts";

describe("the exact interval of a proportion", () => {
  // scipy 1.17.1: beta.ppf(.025, k, n - k + 1), beta.ppf(.975, k + 1, n - k)
  it.each([
    [0, 10, 0, 0.3084971078187607],
    [3, 4, 0.19412044968324338, 0.9936905367902902],
    [1, 34, 0.0007443642346902602, 0.15326766956031768],
    [17, 40, 0.27042903126886286, 0.5910994195730367],
    [900, 1000, 0.8797120634613074, 0.91789466564442],
    [1000, 1000, 0.9963179161031344, 1],
    [1, 1, 0.025, 1],
  ])("%i of %i is SciPy's", (hits, of, low, high) => {
    const interval = exactInterval(hits, of);
    expect(interval.low).toBeCloseTo(low, 10);
    expect(interval.high).toBeCloseTo(high, 10);
  });

  it("refuses counts that are none", () => {
    expect(() => exactInterval(1, 0)).toThrow(UsageError);
    expect(() => exactInterval(5, 4)).toThrow(UsageError);
  });
});
