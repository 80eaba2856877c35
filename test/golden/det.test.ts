import { describe, expect, it } from "vitest";
import { build, type DetSpec } from "./det.ts";
import { golden, relativeError, type Summary } from "./summary.ts";

const file = golden<{
  exact: { spec: DetSpec; first: number[] }[];
  summaries: { spec: DetSpec; summary: Summary }[];
}>("det.json");

describe("det", () => {
  it.each(file.exact)("rebuilds $spec.det bit for bit", ({ spec, first }) => {
    expect([...build(spec).subarray(0, first.length)]).toEqual(first);
  });
});

describe("relativeError", () => {
  it.each(file.summaries)("is about zero for $spec.det itself", ({ spec, summary }) => {
    expect(relativeError(summary, build(spec))).toBeLessThan(1e-9);
  });

  it.each(file.summaries)("estimates a known error in $spec.det", ({ spec, summary }) => {
    const x = build(spec);
    const noise = build({ ...spec, det: "det/noise", scale: 1e-4, shift: 0 });
    const size = Math.hypot(...noise) / summary.norm;
    const estimate = relativeError(
      summary,
      x.map((v, i) => v + noise[i]),
    );
    expect(estimate / size).toBeGreaterThan(0.3);
    expect(estimate / size).toBeLessThan(3);
  });

  it("is at least 0.5 for an unrelated tensor and NaN for a broken one", () => {
    const { spec, summary } = file.summaries[1];
    const other = build({ ...spec, det: "det/other" });
    expect(relativeError(summary, other)).toBeGreaterThan(0.5);
    other[7] = Number.NaN;
    expect(relativeError(summary, other)).toBeNaN();
    expect(() => relativeError(summary, other.subarray(1))).toThrow("relativeError: invalid length");
  });
});
