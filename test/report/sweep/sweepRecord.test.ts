import { describe, expect, test } from "vitest";
import { DataError } from "../../../src/core/errors.ts";
import { parseSweep, type SweepRecord } from "../../../src/report/sweep/sweepRecord.ts";
import { many, syntheticSweep } from "./syntheticSweep.ts";

describe("records of a sweep", () => {
  test("survive JSON, failed trials and half-done plans too", () => {
    const record: SweepRecord = { ...syntheticSweep({ failEvery: 3 }), planned: 8 };
    expect(record.trials.map(({ status }) => status)).toEqual(["ok", "ok", "failed", "ok", "ok"]);
    expect(parseSweep(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  test("are read at any size", () => {
    const record = syntheticSweep({ axes: many, networks: 1 });
    expect(parseSweep(record).trials).toHaveLength(5000);
  });

  test.each([
    [(r: SweepRecord) => ({ ...r, format: "retort-sweep/9" }), "sweep.json: invalid format"],
    [(r: SweepRecord) => ({ ...r, extra: 1 }), "sweep.json: unknown extra: expected no such member, got one"],
    [(r: SweepRecord) => ({ ...r, title: 3 }), "sweep.json: invalid title: expected string, got 3"],
    [({ title: _, ...r }: SweepRecord) => r, "sweep.json: missing title: expected string, got none"],
    [(r: SweepRecord) => withTrial(r, { status: "running" }), "sweep.json: invalid trials.0"],
    [(r: SweepRecord) => withTrial(r, { evaluations: [] }), "invalid trials.0.evaluations"],
    [(r: SweepRecord) => withTrial(r, { link: "../other.json" }), "invalid trials.0.link"],
    [(r: SweepRecord) => withTrial(r, { link: "a/../b" }), "invalid trials.0.link"],
    [(r: SweepRecord) => withTrial(r, { link: "javascript:alert(1)" }), "invalid trials.0.link"],
    [(r: SweepRecord) => withTrial(r, { link: "/etc/hosts" }), "invalid trials.0.link"],
    [(r: SweepRecord) => withTrial(r, { axes: {} }), "invalid trials.0.axes: expected trigger, got none"],
    [(r: SweepRecord) => withTrial(r, { axes: { trigger: "x" } }), 'expected one of the values of trigger, got "x"'],
    [(r: SweepRecord) => withTrial(r, { id: r.trials[1].id }), "invalid trials: expected distinct ids, got "],
    [(r: SweepRecord) => ({ ...r, axes: [...r.axes, r.axes[0]] }), "expected distinct names, got trigger twice"],
    [
      (r: SweepRecord) => ({ ...r, axes: [{ name: "trigger", values: ["a", "a"] }] }),
      "expected distinct values of trigger, got one twice",
    ],
  ])("damaged ones are refused by name (%#)", (damage, message) => {
    const damaged = damage(syntheticSweep());
    expect(() => parseSweep(damaged, "sweep.json")).toThrow(DataError);
    expect(() => parseSweep(damaged, "sweep.json")).toThrow(message);
  });
});

function withTrial(record: SweepRecord, change: object): unknown {
  return { ...record, trials: record.trials.map((trial, i) => (i === 0 ? { ...trial, ...change } : trial)) };
}
