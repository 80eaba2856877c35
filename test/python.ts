import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const candidates = [process.env.RETORT_PYTHON, "/usr/bin/python3", "python3"];

/** A Python that can import the given modules, undefined where there is none: tests then skip and say so. */
export function findPython(...modules: readonly string[]): string | undefined {
  for (const command of candidates) {
    if (!command) continue;
    const tried = spawnSync(command, ["-c", `import ${modules.join(", ")}`], { cwd: tmpdir(), timeout: 60_000 });
    if (tried.status === 0) return command;
  }
  return undefined;
}

/** Run a program text in an empty folder; returns what it printed. @throws Error with its stderr if it fails. */
export function runPython(
  command: string,
  program: string,
  args: readonly string[] = [],
  cwd = scratchFolder(),
): string {
  const done = spawnSync(command, ["-c", program, ...args], { cwd, timeout: 120_000, maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`python: ${done.stderr}`);
  return done.stdout.toString();
}

/** A fresh empty folder. */
export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), "retort-test-"));
}
