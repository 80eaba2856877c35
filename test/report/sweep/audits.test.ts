import { describe, expect, it } from "vitest";
import type { AuditRecord } from "../../../src/report/sweep/auditRecord.ts";
import { sweepAudits } from "../../../src/report/sweep/audits.ts";
import { auditTable } from "../../../src/report/sweep/auditTable.ts";
import type { FinishedTrial, SweepRecord } from "../../../src/report/sweep/sweepRecord.ts";
import {
  leaderboard,
  parseSweep,
  renderSweepCsv,
  renderSweepHtml,
  renderSweepMarkdown,
} from "../../../src/report/sweep.ts";
import { parseDelimited } from "./parseCsv.ts";
import { syntheticSweep } from "./syntheticSweep.ts";

const said = (accused: boolean, truth?: AuditRecord["truth"]): AuditRecord => ({
  ...{ verdict: accused ? "suspicious" : "nothing found", accused, sentences: ["One <b>."], p: 0.05, against: 19 },
  suspect: { targetClass: 1, place: { top: 0, left: 0, side: 5 }, held: 0.9, drop: 0.6, rise: 0.2 },
  ...{ flagged: [1], scores: { supportDrop: 0.6 }, seconds: 2 },
  ...(truth && { truth }),
});

const axes = { attack: ["stamp", "faint"], network: ["a", "b"], "set.seed": [1, 2] };

/** FIXTURE: a stamp raises ASR by 50 points before network a only, a faint one by 10; every verdict and truth is made up. */
function record(): SweepRecord {
  const plain = syntheticSweep({ axes, networks: 1 });
  const trials = plain.trials.map((trial): FinishedTrial => {
    const { attack, network, "set.seed": seed } = trial.axes as Record<string, string | number>;
    const rise = attack === "stamp" ? (network === "a" ? 0.5 : 0.1) : 0.1;
    const finished = trial as FinishedTrial;
    const evaluations = finished.evaluations.map((one) => ({ ...one, asr: one.set === "clean" ? 0.1 : 0.1 + rise }));
    const found = attack === "stamp" ? seed === 1 : seed === 2;
    return {
      ...finished,
      evaluations,
      config: {
        set: { sha256: String(seed) },
        attack: { method: attack },
        network: { name: network },
        seed: 0,
        audit: { level: "quick" },
      },
      audits: {
        clean: said(seed === 2),
        tampered: said(found, { classRight: true, placeRight: false, precision: 0.5, recall: 1 }),
      },
    };
  });
  return parseSweep({ ...plain, trials });
}

describe("the audits of a sweep", () => {
  const audits = sweepAudits(record());

  it("count each set once, whatever receivers it was measured with, and an attack by the receiver it works on most", () => {
    expect(audits?.axes).toEqual(["attack"]);
    const [stamp, faint] = audits?.groups ?? [];
    expect(stamp).toMatchObject({
      values: ["stamp"],
      effective: 2,
      found: { hits: 1, of: 2 },
      classRight: { hits: 1, of: 1 },
      placeRight: { hits: 0, of: 1 },
      precision: 0.5,
      recall: 1,
      others: { hits: 0, of: 0 },
      clean: { hits: 1, of: 2 },
    });
    expect(stamp.sets).toHaveLength(2);
    expect(stamp.sets[0].after - stamp.sets[0].before).toBeCloseTo(0.5);
    // Without an effect nothing is missed.
    expect(faint).toMatchObject({ effective: 0, found: { hits: 0, of: 0 }, others: { hits: 1, of: 2 } });
    expect(faint).not.toHaveProperty("precision");
    expect(audits?.found).toMatchObject({ hits: 1, of: 2 });
    // Both attacks have the same clean sets.
    expect(audits?.clean).toMatchObject({ hits: 1, of: 2 });
  });

  it("have exact intervals", () => {
    const { head, rows } = auditTable(audits!);
    expect(head.slice(0, 4)).toEqual(["attack", "sets", "effective", "found"]);
    expect(rows[0]).toEqual([
      "stamp",
      "2",
      "2",
      "1 of 2 (1–99 %)",
      "1 of 1",
      "0 of 1",
      "50 %",
      "100 %",
      "",
      "1 of 2 (1–99 %)",
      "0 of 4",
    ]);
    for (const row of rows) expect(row).toHaveLength(head.length);
  });

  it("stand in Markdown, on the page and in the table", () => {
    expect(renderSweepMarkdown(record())).toContain("| stamp | 2 | 2 | 1 of 2 (1–99 %) |");
    const html = renderSweepHtml(record());
    expect(html).toContain("What an audit finds");
    expect(html).toContain("1 of 2");
    const [head, ...lines] = parseDelimited(renderSweepCsv(record()));
    const column = (name: string) => lines.map((line) => line[head.indexOf(name)]);
    expect(new Set(column("audit.verdict"))).toEqual(new Set(["suspicious", "nothing found"]));
    const sets = column("set");
    expect(column("audit.recall").every((recall, i) => recall === (sets[i] === "tampered" ? "1" : ""))).toBe(true);
  });

  it("of clean sets alone are shown too, and what could not be judged is no silent pass", () => {
    const whole = record();
    const trials = whole.trials.map((trial): FinishedTrial => {
      const { audits, config, ...rest } = trial as FinishedTrial;
      const { attack: _, ...clean } = config;
      const verdict = audits?.clean.accused ? "suspicious" : "cannot be judged";
      return { ...rest, config: clean, audits: { clean: { ...said(verdict === "suspicious"), verdict } } };
    });
    const [row] = auditTable(sweepAudits({ ...whole, trials })!).rows;
    expect(row.slice(1)).toEqual(["0", "0", "", "", "", "", "", "", "1 of 2 (1–99 %)", "1 of 2"]);
    const html = renderSweepHtml({ ...whole, trials });
    expect(html).toContain("What an audit finds");
    expect(html).not.toContain("Every attacked set");
  });

  it("lie on a leaderboard under their own axis", () => {
    const other = record();
    const deeper = {
      ...other,
      trials: other.trials.map((trial) => ({
        ...trial,
        id: `${trial.id}d`,
        config: { ...trial.config, audit: { level: "deep" } },
      })),
    };
    const board = leaderboard([
      { name: "x", record: record() },
      { name: "y", record: parseSweep(deeper) },
    ]);
    expect(board.axes.find(({ name }) => name === "audit")?.values).toEqual(["quick", "deep"]);
    expect(sweepAudits(board)?.groups.map(({ values }) => values)).toEqual([
      ["stamp", "quick"],
      ["faint", "quick"],
      ["stamp", "deep"],
      ["faint", "deep"],
    ]);
  });

  it("are nothing where nobody audited", () => {
    const plain = syntheticSweep();
    expect(sweepAudits(plain)).toBeUndefined();
    expect(renderSweepCsv(plain)).not.toContain("audit");
    expect(renderSweepHtml(plain)).not.toContain("What an audit finds");
    expect(leaderboard([{ name: "x", record: plain }]).axes.map(({ name }) => name)).not.toContain("audit");
  });
});
