import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { LARGE_DROP, largeDrop } from "../../src/audit/verdict.ts";
import { digestOf } from "../../src/data/digestOf.ts";
import { setDigest } from "../../src/disk/setDigest.ts";
import { sanitise } from "../../src/index.ts";
import { open, save } from "../../src/node.ts";
import { auditReport, findingsOfReport } from "../../src/sanitise/auditReport.ts";
import { type AuditFindings, findingsOf } from "../../src/sanitise/findings.ts";
import { tinySet } from "../attack/tiny.ts";
import { program } from "../program.ts";

const suspect = (targetClass: number, drop: number, flagged: number[], place = [4, 4], held = 0.9) => ({
  targetClass,
  held,
  patch: { top: place[0], left: place[1], side: 3, values: new Float32Array(27).fill(held) },
  support: { flagged, before: 0.9, after: 0.9 - drop, drop },
});
const auditOf = (verdict: AuditFindings["verdict"], ...suspects: AuditFindings["suspects"]): AuditFindings => ({
  verdict,
  suspects,
  coherence: [],
});

describe("what is repaired", () => {
  it("is nothing where the audit speaks against nobody, and the first suspect by force", () => {
    for (const verdict of ["nothing found", "cannot be judged"] as const) {
      const audit = auditOf(verdict, suspect(1, 0.8, [2]), suspect(2, 0.7, [4]));
      expect(findingsOf(audit, 10)).toEqual([]);
      expect(findingsOf(audit, 10, true)).toMatchObject([{ targetClass: 1, images: [2] }]);
    }
    expect(findingsOf(auditOf("nothing found"), 10, true)).toEqual([]);
  });

  it("is every suspect with a large drop; those of one class at one place are one", () => {
    const audit = auditOf(
      "suspicious",
      suspect(0, 0.9, [0], [4, 4], 0.7),
      suspect(0, 0.8, [1], [5, 3], 0.95),
      suspect(2, LARGE_DROP, [5], [0, 0]),
      suspect(1, LARGE_DROP - 0.01, [3], [0, 4]),
    );
    const found = findingsOf(audit, 10);
    expect(found.map(({ targetClass, images }) => [targetClass, images])).toEqual([
      [0, [0, 1]],
      [2, [5]],
    ]);
    expect(found[0].patch).toMatchObject({ top: 5, left: 3 });
  });

  it("with one image a class is what has as large a drop as the audit asks there", () => {
    const least = largeDrop(1);
    const audit = auditOf("suspicious", suspect(0, 0.9, [0]), suspect(1, least, [1]), suspect(2, least - 0.01, [2]));
    expect(findingsOf(audit, 1).map(({ targetClass }) => targetClass)).toEqual([0, 1]);
    expect(findingsOf(audit, 10).map(({ targetClass }) => targetClass)).toEqual([0, 1, 2]);
    // A verdict with p has its own threshold: the first suspect is repaired in any case.
    expect(findingsOf(auditOf("backdoored", suspect(2, 0.3, [2])), 1)).toHaveLength(1);
  });

  it("is the suspect that the verdict names, though few images explain it, beside those with a large drop", () => {
    const named = suspect(3, 0.05, [], [0, 0]);
    const audit = { ...auditOf("backdoored", suspect(1, 0.3, [2]), suspect(0, 0.9, [0]), named), suspect: named };
    expect(findingsOf(audit, 10)).toMatchObject([
      { targetClass: 3, images: [] },
      { targetClass: 0, images: [0] },
    ]);
    expect(findingsOf({ ...audit, verdict: "nothing found" }, 10, true)).toMatchObject([{ targetClass: 3 }]);
  });

  it("is the images that share a detail where no patch explains the verdict", () => {
    const shared = { targetClass: 1, window: 3, pairs: 3, second: 0, alarm: true, images: [2, 3] };
    const audit = { ...auditOf("suspicious"), coherence: [shared, { ...shared, alarm: false, targetClass: 2 }] };
    expect(findingsOf(audit, 10)).toEqual([{ targetClass: 1, images: [2, 3] }]);
    // A suspect that the verdict does not name is no patch that explains it.
    expect(findingsOf({ ...audit, suspects: [suspect(0, 0.1, [1])] }, 10)).toEqual([
      { targetClass: 1, images: [2, 3] },
    ]);
  });
});

describe("an audit's report", () => {
  const set = tinySet();
  const report = (change: object = {}) => ({
    sha256: setDigest(set),
    verdict: "suspicious",
    suspects: [
      { ...suspect(0, 0.9, [1]), patch: { top: 4, left: 4, side: 3, values: new Array(27).fill(1) }, ...change },
    ],
  });
  const read = (value: object) => findingsOfReport(auditReport.parse(value), set, setDigest(set), "test");

  it("is read back", () => {
    expect(digestOf(set)).toBe(setDigest(set));
    expect(read(report()).suspects[0]).toMatchObject({ targetClass: 0, support: { flagged: [1] } });
    const named = read({ ...report(), suspect: report().suspects[0] }).suspect;
    expect(named?.patch.values).toEqual(new Float32Array(27).fill(1));
  });

  it.each([
    [{ targetClass: 3 }, /classes 0 … 2/],
    [{ patch: { top: 6, left: 4, side: 3, values: [] } }, /places inside 8×8/],
    [{ patch: { top: 4, left: 4, side: 3, values: [1] } }, /27 values/],
    [{ support: { flagged: [2], before: 1, after: 0, drop: 1 } }, /images of class 0, got|images of class 0/],
    [{ support: { flagged: [99], before: 1, after: 0, drop: 1 } }, /image 99/],
  ])("that names what the set does not have is refused: %j", (change, message) => {
    expect(() => read(report(change))).toThrow(message);
    expect(() => read({ ...report(), suspect: report(change).suspects[0] })).toThrow(message);
  });

  it("of another set is refused", () => {
    expect(() => read({ ...report(), sha256: "0".repeat(64) })).toThrow(/one of the set/);
  });
});

describe("a repair", () => {
  const set = tinySet();
  const guilty = auditOf("suspicious", suspect(0, 0.9, [1]));

  it("changes nothing where nothing was found", async () => {
    const result = await sanitise(set, { audit: auditOf("nothing found", suspect(0, 0.9, [1])) }, { threads: 1 });
    expect(result.set).toBe(set);
    expect(result.rounds).toEqual([]);
    expect(result.after).toBeUndefined();
  });

  it("says in the set what was done and from which; what the set said of itself stays", {
    timeout: 60_000,
  }, async () => {
    const told = { ...set, metadata: { method: "none", tampered: true } };
    const progress: number[] = [];
    const { set: made, rounds } = await sanitise(
      told,
      { audit: guilty, again: false },
      { threads: 1, onProgress: ({ done, total }) => void progress.push(done / total) },
    );
    expect(made.metadata).toMatchObject({
      method: "none",
      tampered: true,
      sanitised: {
        from: setDigest(told),
        forced: false,
        findings: [{ targetClass: 0, images: [1], place: { top: 4, left: 4, side: 3 } }],
        steps: [
          { repair: "inpaint", changed: 1 },
          { repair: "antidote", added: 2 },
        ],
      },
    });
    expect(rounds[0].residue.triggers).toHaveLength(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const again = await sanitise(told, { audit: guilty, again: false }, { threads: 1 });
    expect(again.set).toEqual(made);
  });
});

describe("retort sanitise", () => {
  const folder = mkdtempSync(join(tmpdir(), "retort-sanitise-"));
  const at = (name: string) => join(folder, name);
  const set = tinySet();
  const report = (verdict: string) => ({
    sha256: setDigest(set),
    verdict,
    suspects: [{ ...suspect(0, 0.9, [1]), patch: { top: 4, left: 4, side: 3, values: new Array(27).fill(1) } }],
  });
  const retort = (...words: string[]) => spawnSync(process.execPath, [...program, ...words], { encoding: "utf8" });
  const run = (audit: string, out: string, ...more: string[]) =>
    retort(
      "sanitise",
      at("set.safetensors"),
      "--audit",
      at(audit),
      "--out",
      at(out),
      "--threads",
      "1",
      "--no-audit-again",
      ...more,
    );

  beforeAll(async () => {
    await save(set, at("set.safetensors"));
    writeFileSync(at("guilty.json"), JSON.stringify(report("suspicious")));
    writeFileSync(at("clean.json"), JSON.stringify(report("nothing found")));
    writeFileSync(at("mute.json"), JSON.stringify(report("cannot be judged")));
  });

  it("writes the repaired set and a page, and refuses to write over them", { timeout: 60_000 }, async () => {
    const { status, stdout } = run(
      "guilty.json",
      "out.safetensors",
      "--inpaint-margin",
      "0",
      "--report",
      at("page.html"),
      "--json",
    );
    expect(status).toBe(0);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ changed: true, difference: { edited: 1, added: 2 }, sizes: { before: 6, after: 8 } });
    expect(said.digests.after).toBe(setDigest((await open(at("out.safetensors"))).set));
    const page = readFileSync(at("page.html"), "utf8");
    expect(page).toContain("What was changed");
    expect(page).not.toContain("<script");
    const again = run("guilty.json", "out.safetensors");
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("expected nothing there yet");
  });

  it.each([
    ["clean.json", 0],
    ["mute.json", 2],
  ])("writes nothing for %s and ends with %i", (audit, status) => {
    const said = run(audit, `none-${audit}.safetensors`, "--json");
    expect(said.status).toBe(status);
    expect(JSON.parse(said.stdout)).toMatchObject({ changed: false });
    expect(() => readFileSync(at(`none-${audit}.safetensors`))).toThrow();
  });

  it("refuses options of repairs that are not asked for", () => {
    const said = run("guilty.json", "x.safetensors", "--repair", "blur", "--antidote-share", "0.5");
    expect(said.status).toBe(2);
    expect(said.stderr).toContain("--antidote-share");
  });
});
