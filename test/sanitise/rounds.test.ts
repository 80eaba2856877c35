import { describe, expect, it } from "vitest";
import { sanitise } from "../../src/index.ts";
import { isLeft } from "../../src/library/sanitiseRecord.ts";
import {
  type AuditFindings,
  type FoundSuspect,
  findingsOf,
  laterFindings,
  leftOf,
} from "../../src/sanitise/findings.ts";
import type { RepairTarget } from "../../src/sanitise/RepairTarget.ts";
import { tinySet } from "../attack/tiny.ts";

const suspect = (targetClass: number, rise: number, more: Partial<FoundSuspect> & { at?: number } = {}) => {
  const { at = 4, ...rest } = more;
  return {
    ...{ targetClass, held: 0.6, confirmation: { rise } },
    patch: { top: at, left: at, side: 3, values: new Float32Array(27).fill(rise) },
    support: { flagged: [], before: 0.6, after: 0.6, drop: 0 },
    ...rest,
  } satisfies FoundSuspect;
};
const auditOf = (verdict: AuditFindings["verdict"], ...suspects: FoundSuspect[]): AuditFindings => ({
  ...{ verdict, suspects, coherence: [] },
  ...(suspects.length > 0 && { suspect: suspects[0] }),
});
const carried = (flagged: number[], drop = 0.3) => ({ support: { flagged, before: 0.6, after: 0.6 - drop, drop } });

describe("what is left of a trigger", () => {
  const before: RepairTarget[] = [{ targetClass: 1, images: [2], patch: suspect(1, 0.5).patch }];

  it("is a suspect of its class and place that beats its controls, whatever the verdict is", () => {
    const audit = auditOf("nothing found", suspect(1, 0.3, { at: 5, ...carried([3]) }));
    expect(findingsOf(audit, 10)).toEqual([]);
    expect(leftOf(before, audit)).toMatchObject([{ targetClass: 1, images: [3], again: true, patch: { top: 5 } }]);
    expect(laterFindings(before, audit, 10)).toEqual(leftOf(before, audit));
  });

  it("is none of another class, at another place, or no better than its controls", () => {
    const others = [suspect(0, 0.5), suspect(1, 0.5, { at: 0 }), suspect(1, 0)];
    expect(leftOf(before, auditOf("nothing found", ...others))).toEqual([]);
    // An audit of an older version does not say.
    expect(leftOf(before, auditOf("nothing found", { ...suspect(1, 0.5), confirmation: undefined }))).toEqual([]);
    expect(leftOf([{ targetClass: 1, images: [2] }], auditOf("nothing found", suspect(1, 0.5)))).toEqual([]);
  });

  it("is one finding though several suspects say so, beside what is newly found", () => {
    const audit = auditOf(
      "backdoored",
      suspect(1, 0.2, { held: 0.5, at: 5 }),
      suspect(1, 0.3, { held: 0.7 }),
      suspect(0, 0.6, { at: 0, ...carried([0], 0.8) }),
    );
    expect(laterFindings(before, audit, 10)).toMatchObject([
      { targetClass: 0, images: [0] },
      { targetClass: 1, again: true, patch: { top: 4 } },
    ]);
  });
});

describe("a named trigger that no image carries", () => {
  const named = suspect(1, 0.2);

  it("has the images of those at its place that beat their controls", () => {
    const audit = auditOf("backdoored", named, suspect(1, 0.2, { at: 5, held: 0.8, ...carried([3]) }));
    expect(findingsOf(audit, 1)).toMatchObject([{ targetClass: 1, images: [3], patch: { top: 5 } }]);
  });

  it("has none of others, and one that images carry keeps its own", () => {
    const others = [suspect(1, -0.05, carried([3])), suspect(1, 0.4, { at: 0, ...carried([2]) }), suspect(0, 0.4)];
    expect(findingsOf(auditOf("backdoored", named, ...others), 1)).toMatchObject([{ targetClass: 1, images: [] }]);
    const own = suspect(1, 0.2, carried([2]));
    const beside = suspect(1, 0.2, { at: 5, held: 0.9, ...carried([3]) });
    expect(findingsOf(auditOf("backdoored", own, beside), 1)).toMatchObject([{ images: [2], patch: { top: 4 } }]);
  });
});

describe("rounds", () => {
  const set = tinySet(9);
  const small = { level: "quick", width: 4, epochs: 2, grid: 2, followed: 1, side: 3 } as const;
  const audit = auditOf("suspicious", suspect(0, 0.5, carried([1], 0.9)));
  const call = { threads: 1 };

  it("end where nothing is left; each says what the audit after it said", { timeout: 120_000 }, async () => {
    const { rounds, after, set: made } = await sanitise(set, { audit, auditSettings: small }, call);
    expect(rounds.length).toBeLessThanOrEqual(4);
    for (const { after: said } of rounds.slice(0, -1))
      expect(said!.left.length > 0 || said!.verdict === "suspicious" || said!.verdict === "backdoored").toBe(true);
    expect(after?.verdict).toBe(rounds.at(-1)?.after?.verdict);
    expect(made.shape[0]).toBeLessThanOrEqual(5 * 9);
    for (const { findings } of rounds)
      for (const image of findings.flatMap(({ images }) => images)) expect(image).toBeLessThan(9);
  });

  it("beyond the first make the set no larger than it may be, nor are there more than asked for", {
    timeout: 120_000,
  }, async () => {
    const first = await sanitise(set, { audit, auditSettings: small, growth: 1 }, call);
    expect(first.rounds).toHaveLength(1);
    const one = await sanitise(set, { audit, auditSettings: small, rounds: 1 }, call);
    expect(one.set.images).toEqual(first.set.images);
  });

  it("something is left while a found trigger works, whatever the verdict is", () => {
    const round = { findings: [], steps: [], residue: { triggers: [], learnt: { before: 1, after: 1 } } };
    const after = { verdict: "nothing found" as const };
    const target: RepairTarget = { targetClass: 0, images: [] };
    const said = (left: RepairTarget[]) =>
      isLeft({ before: audit, after, rounds: [{ ...round, after: { ...after, left } }] });
    expect(said([])).toBe(false);
    expect(said([target])).toBe(true);
    // Without an audit afterwards what the trigger still does is all there is.
    const unasked = (rate: number) => {
      const triggers = [{ targetClass: 0, before: 0.8, after: rate }];
      return isLeft({ before: audit, rounds: [{ ...round, residue: { ...round.residue, triggers } }] });
    };
    expect([0.7, 0.41, 0.4, 0].map(unasked)).toEqual([true, true, false, false]);
  });
});

describe("a method of which there are no clean sets", () => {
  it("is refused before any work, with an audit too", async () => {
    const reports: unknown[] = [];
    const colour = tinySet(10);
    const library = {
      format: "retort-calibration/1",
      kind: { ipc: "2-9", colour: true, labels: "hard", side: "32", classes: "2-20" },
      settings: {},
      sets: [{ made: "one", method: "crops", scores: {} }],
    } as const;
    const call = {
      threads: 1,
      method: "scraps",
      calibrations: [library as never],
      onProgress: (one: unknown) => void reports.push(one),
    };
    const guilty = auditOf("suspicious", suspect(0, 0.5, carried([1], 0.9)));
    await expect(sanitise(colour, { audit: guilty }, call)).rejects.toThrow(/unknown method: .*crops.*, got "scraps"/);
    await expect(sanitise(colour, {}, call)).rejects.toThrow(/unknown method/);
    expect(reports).toEqual([]);
  });
});
