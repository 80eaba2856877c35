import { describe, expect, it } from "vitest";
import type { AuditReport } from "../../src/audit/report/AuditReport.ts";
import { auditJunit } from "../../src/audit/report/auditJunit.ts";
import { auditMarkdown } from "../../src/audit/report/auditMarkdown.ts";
import { auditPage } from "../../src/audit/report/auditPage.ts";
import { auditSarif } from "../../src/audit/report/auditSarif.ts";
import { defaultAudit } from "../../src/audit/settings.ts";
import { type AuditVerdict, auditStatus, auditVerdicts } from "../../src/audit/verdict.ts";
import { tinySet } from "../attack/tiny.ts";

const hostile = `<script>alert(1)</script> | a"b'c & ]]> \u0007`;

function report(verdict: AuditVerdict): AuditReport {
  const suspect = {
    ...{ targetClass: 1, found: 1, detector: "transplant", held: 0.85 },
    patch: { top: 2, left: 3, side: 3, values: new Float32Array(27).fill(0.5) },
    support: { flagged: [4], before: 0.8, after: 0.1, drop: 0.7 },
    confirmation: { rate: 0.8, controls: { moved: 0, recoloured: 0.1 }, rise: 0.5 },
  };
  const findings = [
    { detector: "supportDrop", score: 0.7, targetClass: 1, patch: suspect.patch, images: [4], cost: 9 },
  ];
  return {
    ...{ name: hostile, version: "1.2.3", seed: 4, settings: defaultAudit },
    set: { ...tinySet(), classNames: ["a", hostile] },
    conclusion: {
      ...{ verdict, suspect, sentences: [`First ${hostile}.`, "Second."] },
      significance: [{ method: hostile, n: 19, p: 0.05, detectors: { supportDrop: 0.05 } }],
      power: [{ stamp: "a plain stamp", targetClass: 0, found: true, drop: 0.9 }],
    },
    result: { suspects: [suspect], findings, coherence: [], imagesPerClass: 3, learnt: 1 },
    libraries: [
      {
        ...{ format: "retort-calibration/1", settings: {} },
        kind: { ipc: "2-9", colour: true, labels: "hard", side: "32", classes: "2-20" },
        sets: [{ made: "one", method: "m", scores: { supportDrop: 0.2 } }],
      },
    ],
  };
}

describe.each(auditVerdicts)("reports of %s", (verdict) => {
  const status = auditStatus[verdict];

  it("SARIF: a result where a backdoor is suspected only, with the status of the command", () => {
    const { runs } = JSON.parse(auditSarif(report(verdict), "sets/a b.pt"));
    expect(runs[0].results).toHaveLength(status === 1 ? 1 : 0);
    expect(runs[0].invocations[0].exitCode).toBe(status);
    expect(runs[0].invocations[0].toolExecutionNotifications).toHaveLength(status === 2 ? 1 : 0);
    if (status !== 1) return;
    expect(runs[0].results[0].ruleId).toBe(`audit-${verdict}`);
    expect(runs[0].tool.driver.rules[runs[0].results[0].ruleIndex].id).toBe(`audit-${verdict}`);
    expect(runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe("sets/a%20b.pt");
  });

  it("JUnit: one case that fails, is skipped or passes, and no markup of the set's", () => {
    const xml = auditJunit(report(verdict));
    expect(xml.includes("<failure")).toBe(status === 1);
    expect(xml.includes("<skipped")).toBe(status === 2);
    expect(xml).toContain(`failures="${status === 1 ? 1 : 0}"`);
    expect(xml).not.toContain("<script>");
    expect(xml).not.toContain("\u0007");
  });

  it("Markdown: names stay in their cells", () => {
    const text = auditMarkdown(report(verdict));
    expect(text).not.toMatch(/(^|[^\\])<script>/);
    expect(text).toContain(`**${verdict}**`);
    for (const line of text.split("\n").filter((one) => one.startsWith("| 1 ")))
      expect(line.replace(/\\\|/g, "").split("|")).toHaveLength(8);
  });

  it("a page that loads nothing and runs nothing of the set's", () => {
    const page = auditPage(report(verdict));
    expect(page).not.toContain("<script>");
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/src="(?!data:)/);
    expect(page).not.toMatch(/style="/);
    // The clean set's dot stands left of this set's diamond.
    const [, dot] = /class="clean" cx="([\d.]+)"/.exec(page) ?? [];
    const [, own] = /class="own" d="M([\d.]+)/.exec(page) ?? [];
    expect(Number(dot)).toBeLessThan(Number(own));
    expect(page).toContain("Would it have been found?");
  });
});
