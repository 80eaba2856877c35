import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { auditKind, readAudit } from "../../src/run/auditFile.ts";
import { calibrationText, readCalibration } from "../../src/run/calibrationFile.ts";
import { withIntegrity } from "../../src/run/sharedJson.ts";
import { stored } from "../core/storedText.ts";
import { faults, inject } from "../disk/kept/faults.ts";
import { scratchFolder } from "../python.ts";

const library = (score: number) => ({
  format: "retort-calibration/1" as const,
  kind: { ipc: "1" as const, colour: true, labels: "hard" as const, side: "32" as const, classes: "2-20" as const },
  settings: { side: 5, network: "convNet" },
  sets: [{ made: "dm, a.pt", method: "dm", scores: { inversion: score } }],
});
const audited = (row: number) => ({
  sha256: "0".repeat(64),
  verdict: "backdoored" as const,
  suspects: [
    {
      targetClass: 0,
      held: 0.9,
      patch: { top: row, left: 2, side: 1, values: [0.5, -0, 1e-7] },
      support: { flagged: [1], before: 1, after: 0, drop: 1 },
    },
  ],
});
const texts: Readonly<Record<string, { text(seed: number): string; read(path: string): Promise<unknown> }>> = {
  "a library of clean sets": {
    text: (seed) => calibrationText(library(0.25 * seed)),
    read: (path) => readCalibration(path, "test"),
  },
  "an audit": {
    text: (seed) => JSON.stringify(withIntegrity(audited(seed), auditKind), null, 2),
    read: (path) => readAudit(path, "test"),
  },
};

it.each(Object.keys(texts).flatMap((name) => faults.map((fault) => [name, fault] as const)))(
  "%s, %s: named, or the same",
  async (name, fault) => {
    const { text, read } = texts[name];
    const [path, other] = ["a.json", "b.json"].map((file) => join(scratchFolder(), file));
    writeFileSync(path, text(1));
    writeFileSync(other, text(2));
    const whole = await read(path);
    const strange = await read(other);
    inject(path, fault, other);
    const result = await read(path).catch((error: Error) => error);
    // A whole file of the same kind in its place is that file: whoever names it says which is meant.
    if (fault === "swap") return expect(result).toEqual(strange);
    if (result instanceof Error) expect(result.message).toContain(path);
    else expect(result).toEqual(whole);
  },
);

it.each(Object.keys(texts))(
  "%s: no number is changed unseen, and layout and encoding are nobody's damage",
  async (name) => {
    const { text, read } = texts[name];
    const path = join(scratchFolder(), "a.json");
    writeFileSync(path, text(1));
    const whole = await read(path);
    const written = readFileSync(path, "utf8");
    for (const [i, digit] of [...written].entries()) {
      if (!/\d/.test(digit) || /"integrity": ?"[0-9a-f]*$/.test(written.slice(0, i))) continue;
      writeFileSync(path, `${written.slice(0, i)}${(Number(digit) + 1) % 10}${written.slice(i + 1)}`);
      // "-0" and "1.0e-7" have other digits for the same number; every other change is noticed.
      const result = await read(path).catch((error: Error) => error);
      expect(result instanceof Error ? result.message : JSON.stringify(result)).toMatch(
        result instanceof Error
          ? /a\.json: (damaged file|invalid)|expected JSON/
          : new RegExp(`^${JSON.stringify(whole).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`),
      );
    }
    const sorted = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(written)).reverse()));
    for (const again of [sorted, written.replaceAll("\n", "\r\n")])
      for (const encoding of ["UTF-8", "UTF-16LE with mark"]) {
        writeFileSync(path, stored(again, encoding));
        expect(await read(path)).toEqual(whole);
      }
    // By hand, or of an older version.
    writeFileSync(path, written.replace(/,?\s*"integrity": ?"[0-9a-f]+"/, ""));
    expect(await read(path)).toEqual(whole);
  },
);

it("a whole file of another kind is said to be one", async () => {
  const path = join(scratchFolder(), "a.json");
  writeFileSync(path, texts["an audit"].text(1));
  await expect(readCalibration(path, "test")).rejects.toThrow(
    /a\.json: .*expected a library of clean sets, got .* audit/,
  );
  writeFileSync(path, texts["a library of clean sets"].text(1));
  await expect(readAudit(path, "test")).rejects.toThrow(/a\.json: .*expected an audit, got a library of clean sets/);
});
