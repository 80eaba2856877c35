import { readFile } from "node:fs/promises";
import process from "node:process";
import { expect, test } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { DataError, NumericError, UsageError } from "../../src/core/errors.ts";
import { call, doing } from "./fakeTerminal.ts";

const throwing = (error: unknown) => ({
  go: doing(async () => {
    throw error;
  }),
});

test.each([
  [new UsageError("attack: missing set"), 2, "retort go: missing set"],
  [new DataError("npz: invalid header", 12), 2, "npz: invalid header (at byte 12)"],
  [new NumericError("attack: invalid loss", 3), 2, "retort go: invalid loss (at iteration 3)"],
  [new DataError("openSet: invalid file: got none", 0), 2, "retort go: invalid file: got none (at byte 0)"],
  [new UsageError("sweep.yaml:3:1: invalid matrix"), 2, "sweep.yaml:3:1: invalid matrix"],
  [new UsageError("go: invalid --x"), 2, "go: invalid --x"],
  [new DataError("file: invalid name: got \u001b[31mred\nnext"), 2, "file: invalid name: got \\u{1b}[31mred next"],
])("%s ends with one line and its status", async (error, code, line) => {
  expect(await call(throwing(error), "go")).toEqual({ status: code, stdout: "", stderr: `${line}\n` });
});

test("a refusal of the operating system is an error of the caller", async () => {
  const go = doing(async () => {
    await readFile("does/not/exist.npz");
    return 0;
  });
  const { status, stderr } = await call({ go }, "go");
  expect(status).toBe(2);
  expect(stderr).toBe("retort go: missing file: expected it to exist, got nothing at does/not/exist.npz\n");
  const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC", errno: -28, syscall: "write", path: "run/a" });
  expect(await call(throwing(full), "go")).toMatchObject({
    status: 2,
    stderr: "retort go: missing disk space: expected room for run/a\n",
  });
});

test("anything else is our bug, with the stack on request", async () => {
  const quiet = await call(throwing(new TypeError("x is undefined")), "go");
  expect(quiet.status).toBe(70);
  expect(quiet.stderr).toMatch(/^retort: internal error: TypeError: x is undefined; this is a bug in Retort.*\n$/);
  const verbose = await call(throwing(new TypeError("x is undefined")), "go", "--verbose");
  expect(verbose.stderr).toContain("program.test.ts");
});

test("with --json stdout is one document, also for an error", async () => {
  const good = doing(async ({ console }) => {
    console.line("not for a machine");
    console.result({ asr: 0.5 }, () => console.line("ASR 50 %"));
    return 1;
  });
  const fine = await call({ good }, "good", "--json");
  expect(fine.status).toBe(1);
  expect(JSON.parse(fine.stdout)).toEqual({ asr: 0.5 });
  expect((await call({ good }, "good")).stdout).toBe("not for a machine\nASR 50 %\n");
  const bad = await call(throwing(new DataError("npz: invalid header", 12)), "--json", "go");
  expect(JSON.parse(bad.stdout)).toEqual({ error: { kind: "DataError", message: "npz: invalid header (at byte 12)" } });
});

test("notes obey --quiet and --verbose, warnings obey nothing", async () => {
  const go = doing(async ({ console }) => {
    console.note("note");
    console.warn("careful");
    console.detail("detail");
    return 0;
  });
  expect((await call({ go }, "go")).stderr).toBe("note\nwarning: careful\n");
  expect((await call({ go }, "go", "--quiet")).stderr).toBe("warning: careful\n");
  expect((await call({ go }, "go", "--verbose")).stderr).toBe("note\nwarning: careful\ndetail\n");
});

test("Ctrl-C aborts the signal, keeps the handlers of others and tells how to go on", async () => {
  const before = process.listenerCount("SIGINT");
  const go = doing(async ({ signal, console }) => {
    console.resumeWith("run the same command again to go on from runs/a");
    process.emit("SIGINT");
    signal.throwIfAborted();
    return 0;
  });
  const { status, stderr } = await call({ go }, "go");
  expect(status).toBe(130);
  expect(stderr).toMatch(/interrupted: run the same command again to go on from runs\/a\n$/);
  expect(process.listenerCount("SIGINT")).toBe(before);
});

test("an unknown command suggests a known one; no command prints the help", async () => {
  const go = doing(async () => 0);
  expect(await call({ inspect: go }, "inspct")).toMatchObject({
    status: 2,
    stderr: "retort: unknown command 'inspct'; did you mean inspect?\n",
  });
  const empty = await call({ inspect: go });
  expect(empty.status).toBe(2);
  expect(empty.stderr).toContain("Usage: retort");
  expect(await call({ inspect: go }, "--version")).toMatchObject({ status: 0, stdout: "1.2.3\n" });
});

test("subcommands nest, in either spelling; without one the call asks for it", async () => {
  const seen: string[] = [];
  const leaf = (name: string) => ({
    ...doing(async ({ args }) => {
      seen.push(`${name} ${args.join(" ")}`);
      return 0;
    }),
    arguments: { "<set>": "a set" },
  });
  const attack = {
    summary: "attack",
    examples: [],
    subcommands: { poisonedDistillation: leaf("poison"), badnets: leaf("badnets") },
  };
  for (const [words, got] of [
    [["a.npz"], '"a.npz"'],
    [["poisonedDistilation", "a.npz"], '"poisonedDistilation"; did you mean poisoned-distillation?'],
    [[], "none"],
  ] as const)
    expect(await call({ attack }, "attack", ...words)).toEqual({
      status: 2,
      stdout: "",
      stderr: `retort attack: ${got === "none" ? "missing" : "unknown"} name: expected one of poisoned-distillation, badnets, got ${got}\n`,
    });
  expect((await call({ attack }, "attack", "poisonedDistillation", "a.npz")).status).toBe(0);
  expect((await call({ attack }, "attack", "badnets", "b.npz")).status).toBe(0);
  expect((await call({ attack }, "attack", "poisoned-distillation", "c.npz")).status).toBe(0);
  expect(seen).toEqual(["poison a.npz", "badnets b.npz", "poison c.npz"]);
});

test.each(Object.entries(registry))("%s has help with examples that name it", async (name, load) => {
  const command = await load();
  expect(command.examples.length).toBeGreaterThan(0);
  for (const example of command.examples)
    expect(example.split(" ")).toContain(name.replace(/[A-Z]/g, (l) => `-${l.toLowerCase()}`));
  const { status, stdout } = await call({ [name]: command }, name, "--help");
  expect(status).toBe(0);
  expect(stdout).toContain("Examples:");
});
