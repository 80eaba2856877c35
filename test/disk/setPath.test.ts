import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, expect, it } from "vitest";
import { setPath } from "../../src/disk/setPath.ts";
import { skip } from "../skip.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-set-path-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function made(name: string, config?: string | Uint8Array): string {
  mkdirSync(join(folder, name));
  if (config !== undefined) writeFileSync(join(folder, name, "config.json"), config);
  return join(folder, name);
}

it("tells an unfinished run from folders of others with a file of that name", () => {
  expect(() => setPath(made("run", '{\n  "format": "retort-run/1"\n}'))).toThrow(/a run folder without a finished one/);
  for (const [i, config] of ["{}", "", new Uint8Array(2 ** 21).fill(32)].entries()) {
    const other = made(`other-${i}`, config);
    expect(setPath(other)).toBe(other);
  }
});

it.skipIf(skip(process.platform === "win32", "no named pipes here"))("waits for no named pipe", () => {
  const piped = made("piped");
  execFileSync("mkfifo", [join(piped, "config.json")]);
  expect(setPath(piped)).toBe(piped);
});
