import { accessSync, chmodSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { runCommandLine } from "../../src/cli/shell/program.ts";
import { kebab } from "../../src/core/spelling.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { drawings } from "../experiment/drawings.ts";
import { skip } from "../skip.ts";
import { Recorder } from "./fakeTerminal.ts";

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;

/** Permissions do not hold for root: be somebody else meanwhile. */
async function unprivileged<T>(work: () => T | Promise<T>): Promise<T> {
  if (isRoot) process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

/** Can somebody else load the program's packages from here? */
const isOpen = await unprivileged(() => {
  try {
    accessSync(resolve(import.meta.dirname, "../../node_modules/zod/package.json"), constants.R_OK);
    return process.platform !== "win32";
  } catch {
    return false;
  }
});

const folder = mkdtempSync(join(tmpdir(), "retort-unreadable-"));
const home = process.cwd();
const [homeBefore, dataBefore] = [process.env.HOME, process.env.RETORT_DATA];

beforeAll(() => {
  mkdirSync(join(folder, "shut"));
  mkdirSync(join(folder, "read-only"));
  mkdirSync(join(folder, "pictures"));
  const files = {
    "set.safetensors": setToSafetensors(drawings()),
    "secret.safetensors": setToSafetensors(drawings()),
    "secret.txt": "test: { data: strokes }\n",
    "read-only/a.safetensors": setToSafetensors(drawings()),
    "pictures/a.txt": "a",
    "e.yaml": "test: { data: strokes, images: 20 }\nset: { file: secret.safetensors }\n",
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  for (const name of ["secret.safetensors", "secret.txt", "shut"]) chmodSync(join(folder, name), 0);
  for (const name of ["read-only", ".", "pictures"]) chmodSync(join(folder, name), 0o555);
  process.chdir(folder);
  Object.assign(process.env, { HOME: folder, RETORT_DATA: join(folder, "shut") });
});
afterAll(() => {
  process.chdir(home);
  Object.assign(process.env, { HOME: homeBefore });
  if (dataBefore === undefined) delete process.env.RETORT_DATA;
  else process.env.RETORT_DATA = dataBefore;
  for (const name of [".", "read-only", "shut"]) chmodSync(join(folder, name), 0o755);
  rmSync(folder, { recursive: true, force: true });
});

const lines = [
  ...[
    "inspect",
    "evaluate --test strokes",
    "attack clean-label",
    "attack bad-nets",
    "search",
    "audit",
    "sanitise --out out.npz",
  ].flatMap((command) => ["secret.safetensors", "shut", "shut/a.safetensors"].map((path) => [command, path] as const)),
  ...["plan", "run"].flatMap((command) =>
    ["secret.txt", "shut/e.yaml", "e.yaml"].map((path) => [command, path] as const),
  ),
  ...["status", "collect", "report"].flatMap((command) => ["shut", "shut/run"].map((path) => [command, path] as const)),
  ...["set.safetensors"].map((first) => [`diff ${first}`, "secret.safetensors"] as const),
  ...["secret.safetensors", "shut"].map((path) => ["convert", `${path} out.npz`] as const),
  ["diff", "secret.safetensors set.safetensors"],
  ["attack clean-label set.safetensors --options", "secret.txt"],
  ["search set.safetensors --space", "secret.txt"],
  ["audit set.safetensors --calibration", "secret.txt"],
  ["attest pictures --predicate", "secret.txt"],
  ["seal pictures --key", "secret.txt"],
  ["calibrate secret.safetensors --method dm --out", "read-only/clean"],
  ["calibrate shut --method dm --out", "read-only/clean"],
  ["verify", "shut"],
  ["verify pictures --signature", "secret.txt"],
  ["verify pictures --key", "secret.txt"],
  ["trust add lab", "secret.txt"],
  // What cannot be written to.
  ["attack clean-label set.safetensors --out", "read-only/run"],
  ["evaluate set.safetensors --test strokes --networks 1 --epochs 1 --test-images 20 --out", "read-only/run"],
  ["distill --ipc 1 --data strokes --out", "read-only/run"],
  ["demo --out", "read-only/run"],
  ["search set.safetensors --out", "read-only/run"],
  ["convert set.safetensors", "read-only/out.npz"],
  ["sanitise set.safetensors --out out.npz --audit", "secret.txt"],
  ["inspect set.safetensors --sheet", "read-only/sheet.png"],
  ["keygen", "read-only/key"],
  ["data get", "mnist"],
] as const;

describe.skipIf(skip(!isOpen, "no files that other users can read here"))("what cannot be read or written to", () => {
  test("every command that takes files has its turn", () => {
    const called = new Set(lines.map(([command]) => command.split(" ")[0]));
    expect(
      Object.keys(registry)
        .map(kebab)
        .filter((name) => !called.has(name)),
    ).toEqual(["worker"]);
  });

  test.each(lines)("retort %s %s", async (command, paths) => {
    const [stdout, stderr] = [new Recorder(), new Recorder()];
    const words = `${command} ${paths}`.split(" ").filter(Boolean);
    const status = await unprivileged(() => runCommandLine(registry, words, { version: "1.2.3", stdout, stderr }));
    expect({ status, stderr: stderr.text }).toMatchObject({ status: 2 });
    const said = stderr.text.split("\n").filter((text) => text !== "" && !text.startsWith("warning: "));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/permission|writable|read-only|access/);
    expect(said[0]).not.toMatch(/internal error|undefined|EACCES/);
    for (const made of ["run", "out.npz", "key", "clean", "sheet.png"])
      expect(existsSync(join(folder, "read-only", made)), made).toBe(false);
  });
});
