import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import type { Reporter, TestModule } from "vitest/node";

const root = resolve(import.meta.dirname, "..");

/** Where the tests of this run note why they are skipped (skip.ts). */
export const skipsFile = join(tmpdir(), `retort-skips-${process.pid}.jsonl`);

/** Lists every skipped test at the end of a run, with its reason. */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const reasons = reasonsByFile();
    rmSync(skipsFile, { force: true });
    const lines = modules.flatMap((module) => {
      const skipped = [...module.children.allTests("skipped")];
      if (skipped.length === 0) return [];
      const file = relative(root, module.moduleId);
      const said = [...(reasons.get(file) ?? []), ...skipped.flatMap((test) => noteOf(test.result()))];
      // Tests that a person left out by -t are not ours to explain.
      if (said.length === 0 && !process.argv.includes("-t")) process.exitCode = 1;
      const why = said.length === 0 ? "NO REASON GIVEN" : [...new Set(said)].join("; ");
      return [`${file}: ${skipped.length} skipped: ${why}`, ...skipped.map((test) => `  ${test.fullName}`)];
    });
    console.log(lines.length === 0 ? "\nNo test was skipped." : ["\nSkipped tests and why:", ...lines].join("\n"));
  }
}

const noteOf = (result: { note?: string } | object): string[] =>
  "note" in result && typeof result.note === "string" ? [result.note] : [];

function reasonsByFile(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  if (!existsSync(skipsFile)) return found;
  for (const line of readFileSync(skipsFile, "utf8").trim().split("\n")) {
    const { file, reason } = JSON.parse(line) as { file: string; reason: string };
    found.set(file, [...(found.get(file) ?? []), reason]);
  }
  return found;
}
