import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { report } from "../../src/cli/commands/report.ts";
import { conclude, negligible, strong } from "../../src/report/conclusion.ts";
import { toLatex } from "../../src/report/latex.ts";
import { toMarkdown } from "../../src/report/markdown.ts";
import type { RunRecord } from "../../src/report/record.ts";
import { openRun } from "../../src/run/Run.ts";
import { versions } from "../../src/run/versions.ts";
import { call } from "../cli/fakeTerminal.ts";
import { syntheticRecord } from "./syntheticRecord.ts";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/reports.md"), "utf8");
const rule = /## What a conclusion may say\n([\s\S]*?)\n## /.exec(page)?.[1] ?? "";

/** Runs of every outcome: what each is called, by the rule in docs/reports.md. */
const records: readonly (readonly [what: string, record: RunRecord, verdict: string])[] = [
  ["a rise beyond chance, every second image", syntheticRecord({ asr: 0.8 }), "worked"],
  ["a rise beyond chance, fewer", syntheticRecord({ asr: 0.31 }), "weak"],
  ["no rise", syntheticRecord({ asr: 0.05, control: 0.055 }), "failed"],
  ["one network", syntheticRecord({ asr: 0.9, networks: 1 }), "inconclusive"],
  ["no attack", withoutAttack(syntheticRecord()), "none"],
];

function withoutAttack(record: RunRecord): RunRecord {
  const results = record.results
    .filter(({ set }) => set === "clean")
    .map(({ asr: _, ...result }) => result as RunRecord["results"][number]);
  return { ...record, results };
}

const plain = (text: string) =>
  text
    .replace(/<[^>]+>/g, "")
    .replace(/\\(?=[%&_#$])/g, "")
    .replaceAll("$-$", "−")
    .replace(/&amp;/g, "&")
    .replace(/[~\s\u00a0]+/g, " ");

describe("what a conclusion may say", () => {
  it("stands once in the document, with the numbers of the code", () => {
    for (const verdict of ["worked", "weak", "failed", "inconclusive"]) expect(rule).toContain(`*${verdict}*`);
    expect(rule).toContain(`ASR is at least ${100 * strong} %`);
    expect(rule).toContain(`ends below ${100 * negligible} points`);
  });

  it("is worded in one place of the code", () => {
    const all = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
    const wording = all.filter(
      (name) =>
        name.endsWith(".ts") &&
        !name.endsWith("pageScript.ts") &&
        /"The attack (?:worked|failed|had)/.test(readFileSync(join(root, "src", name), "utf8")),
    );
    expect(
      wording.every((name) => /^report\/(?:conclusion|sweep\/sweepConclusion)\.ts$/.test(name)),
      wording.join(),
    ).toBe(true);
    expect(wording).toContain("report/conclusion.ts");
  });

  it.each(records)("%s: terminal, JSON, page, Markdown and LaTeX repeat one conclusion", async (_, record, verdict) => {
    const { heading, sentences, ...found } = conclude(record);
    expect(found.verdict).toBe(verdict);
    const folder = mkdtempSync(join(tmpdir(), "retort-promises-"));
    const run = await openRun(folder, { command: "attack", config: {}, data: {}, versions: versions("cpu", 1) });
    await run.writeJson("record.json", record);
    const shown = await call({ report }, "report", folder);
    // A report of an attack that worked is no finding.
    expect(shown.status).toBe(0);
    const json = JSON.parse((await call({ report }, "report", folder, "--json")).stdout);
    expect(json).toMatchObject({ verdict });
    const texts = {
      terminal: shown.stdout,
      page: readFileSync(join(folder, "report.html"), "utf8"),
      markdown: toMarkdown(record),
      latex: toLatex(record),
    };
    for (const [where, text] of Object.entries(texts))
      for (const sentence of [heading, ...sentences])
        expect(plain(text), `${where}: ${sentence}`).toContain(plain(sentence));
  });
});
