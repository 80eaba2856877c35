import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, existsSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { runCommandLine } from "../../src/cli/shell/program.ts";
import { kebab } from "../../src/core/spelling.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { drawings } from "../experiment/drawings.ts";
import { scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";
import { Recorder } from "./fakeTerminal.ts";

const folder = join(scratchFolder(), "pipes");
const home = process.cwd();
const hasPipes = process.platform !== "win32" && existsSync("/usr/bin/mkfifo");

beforeAll(() => {
  mkdirSync(join(folder, "run"), { recursive: true });
  mkdirSync(join(folder, "sealed"));
  process.chdir(folder);
  writeFileSync("set.safetensors", setToSafetensors(drawings()));
  writeFileSync("sealed/set.safetensors", setToSafetensors(drawings()));
  writeFileSync("statement.json", "{}");
  if (hasPipes) execFileSync("/usr/bin/mkfifo", ["pipe", "run/config.json", "run/manifest.json", "sealed/model.sig"]);
});
afterAll(() => process.chdir(home));

async function call(line: string) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const words = line.split(" ");
  const status = await runCommandLine(registry, words, { version: "1.2.3", stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

/** Wherever a file is named, a named pipe that nobody writes into or reads from. */
const lines = [
  ...["inspect", "audit", "attack clean-label", "search", "evaluate --test strokes", "verify", "plan", "run"].map(
    (command) => `${command} pipe`,
  ),
  ...["status", "collect", "report"].flatMap((command) => [`${command} pipe`, `${command} run`]),
  "convert pipe out.npz",
  "diff pipe set.safetensors",
  "diff set.safetensors pipe",
  "sanitise pipe --out out.npz",
  "sanitise set.safetensors --out out.npz --audit pipe",
  "calibrate pipe --method dm --out clean",
  "calibrate set.safetensors --method dm --out pipe",
  "audit set.safetensors --calibration pipe",
  "attack clean-label set.safetensors --options pipe",
  "attack clean-label set.safetensors --plugin pipe",
  "search set.safetensors --space pipe",
  "seal pipe --key pipe",
  "seal set.safetensors --key pipe",
  "seal set.safetensors --keyless --identity-token pipe",
  "seal set.safetensors --run run --key pipe",
  "attest sealed --predicate pipe",
  "attest set.safetensors --predicate statement.json --out pipe",
  "verify set.safetensors --signature pipe",
  "verify set.safetensors --key pipe",
  "verify set.safetensors --certificate-root pipe",
  "verify set.safetensors --tensors pipe --key pipe",
  "verify sealed --identity a --issuer https://b --trusted-root pipe",
  "trust add lab pipe",
  "keygen pair --encrypt --passphrase-file pipe",
  "inspect set.safetensors --sheet pipe",
  ...["distill --ipc 1", "demo"].map((command) => `${command} --out pipe`),
  "data get pipe",
  "worker --queue pipe",
];

describe.skipIf(skip(!hasPipes, "no named pipes here"))("a named pipe that nobody is at the other end of", () => {
  test("every command has its turn", () => {
    const called = new Set(lines.map((line) => line.split(" ")[0]));
    expect(
      Object.keys(registry)
        .map(kebab)
        .filter((name) => !called.has(name)),
    ).toEqual([]);
  });

  test.each(lines)("retort %s", { timeout: 20_000 }, async (line) => {
    const { status, stderr } = await call(line);
    expect({ status, stderr }).toMatchObject({ status: 2 });
    expect(
      stderr
        .trim()
        .split("\n")
        .filter((text) => !text.startsWith("warning: ")),
    ).toHaveLength(1);
    expect(stderr).not.toMatch(/internal error|EAGAIN|ENXIO/);
  });

  test("a seal that is a pipe is a broken seal", { timeout: 20_000 }, async () => {
    expect((await call("verify sealed --key statement.json")).status).not.toBe(0);
    expect((await call("inspect sealed --require-seal --key statement.json")).status).not.toBe(0);
  });

  test("what the shell hands over open is read, and left by Ctrl-C", { timeout: 60_000 }, async () => {
    const script = join(import.meta.dirname, "../../src/disk/readText.ts");
    const source = `import { readBoundedText } from ${JSON.stringify(script)};
      process.stdout.write(await readBoundedText(process.argv[1], "a", "key"));`;
    const run = (path: string) =>
      spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source, path], {
        cwd: home,
        stdio: ["pipe", "pipe", "pipe", "pipe"],
      });
    const ended = (child: ReturnType<typeof run>) =>
      new Promise<{ text: string; status: number | null; by: string | null }>((resolve) => {
        let text = "";
        child.stdout?.on("data", (piece: Buffer) => {
          text += String(piece);
        });
        child.on("close", (status, by) => resolve({ text, status, by }));
      });
    for (const [path, place] of [
      ["/dev/stdin", 0],
      ["/dev/fd/3", 3],
    ] as const) {
      const child = run(path);
      const end = ended(child);
      (child.stdio[place] as NodeJS.WritableStream).end("a key");
      expect(await end).toEqual({ text: "a key", status: 0, by: null });
    }
    const waiting = run("/dev/stdin");
    const end = ended(waiting);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    waiting.kill("SIGTERM");
    expect((await end).status).not.toBe(0);
  });

  test("an output that is a pipe is written while somebody reads", { timeout: 20_000 }, async () => {
    execFileSync("/usr/bin/mkfifo", ["read"]);
    const reader = openSync("read", constants.O_RDONLY | constants.O_NONBLOCK);
    expect((await call("inspect set.safetensors --sheet read")).status).toBe(0);
    const begins = Buffer.alloc(4);
    readSync(reader, begins);
    closeSync(reader);
    expect(begins.subarray(1).toString()).toBe("PNG");
  });
});
