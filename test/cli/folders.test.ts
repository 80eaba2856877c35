import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { runCommandLine } from "../../src/cli/shell/program.ts";
import { writeAtomic } from "../../src/disk/writeAtomic.ts";
import { encodePng } from "../../src/formats/pictures/encodePng.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { drawings } from "../experiment/drawings.ts";
import { program } from "../program.ts";
import { skip } from "../skip.ts";
import { Recorder } from "./fakeTerminal.ts";

const home = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "retort-folders-"));
  process.chdir(folder);
  writeFileSync("set.safetensors", setToSafetensors(drawings()));
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

async function call(...words: string[]) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const status = await runCommandLine(registry, words, { version: "1.2.3", stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("two sets of one name get two folders by default, and each call goes on in its own", async () => {
  mkdirSync("other");
  const changed = drawings();
  changed.images[0] += 0.5;
  writeFileSync("other/set.safetensors", setToSafetensors(changed));
  for (const set of ["set.safetensors", "other/set.safetensors", "set.safetensors", "other/set.safetensors"])
    expect((await call("attack", "clean-label", set)).status).toBe(0);
  const name = "attack-set.safetensors-clean-label-seed0";
  expect(readdirSync("runs").sort()).toEqual([name, `${name}-2`]);
});

test("a run that came to nothing gives its folder free; one that holds something does not", async () => {
  mkdirSync("run");
  writeFileSync(
    "run/config.json",
    JSON.stringify({ format: "retort-run/1", command: "x", config: {}, data: {}, versions: {} }),
  );
  writeFileSync("run/log.jsonl", "");
  expect((await call("attack", "clean-label", "set.safetensors", "--out", "run")).status).toBe(0);
  const again = await call("attack", "clean-label", "set.safetensors", "--strength", "2", "--out", "run");
  expect(again).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("config.attack.strength (1 there, 2 here)"),
  });
});

test("a folder that another process works in is refused by name; a lock that nobody holds is taken over", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  try {
    mkdirSync("run");
    const lock = (owner: object) => writeFileSync("run/.lock", JSON.stringify(owner));
    lock({ host: hostname(), pid: other.pid });
    expect(await call("attack", "clean-label", "set.safetensors", "--out", "run")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        new RegExp(
          `^retort attack clean-label: invalid folder run: expected one that nobody else writes to, got one that process ${other.pid} works in; .*\\n$`,
        ),
      ),
    });
    lock({ host: "elsewhere", pid: 1 });
    expect((await call("attack", "clean-label", "set.safetensors", "--out", "run")).stderr).toContain(
      "process 1 on elsewhere",
    );
    // The same number, but another process: that one began at another time.
    lock({ host: hostname(), pid: other.pid, started: "1" });
    if (existsSync("/proc/self/stat"))
      expect((await call("attack", "clean-label", "set.safetensors", "--out", "run")).status).toBe(0);
  } finally {
    other.kill("SIGKILL");
  }
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  for (const stale of [JSON.stringify({ host: hostname(), pid: dead }), "", "{ half"]) {
    writeFileSync("run/.lock", stale);
    expect((await call("attack", "clean-label", "set.safetensors", "--out", "run")).status, stale).toBe(0);
    expect(existsSync("run/.lock")).toBe(false);
  }
});

test("of two processes on one folder one works and the other says so", async () => {
  const words = "demo --out run --quiet --threads 1".split(" ");
  const start = () => {
    const child = spawn(process.execPath, [...program, ...words], { cwd: folder });
    let said = "";
    child.stderr.on("data", (part: Buffer) => (said += part));
    return { child, end: new Promise<string>((end) => child.on("exit", (status) => end(`${status} ${said}`))) };
  };
  const all = [start(), start()];
  const first = await Promise.race(all.map(({ end }) => end));
  expect(first).toMatch(/^2 retort demo: invalid folder run: expected one that nobody else writes to, .*\n$/);
  for (const { child } of all) child.kill("SIGKILL");
  await Promise.all(all.map(({ end }) => end));
});

test.skipIf(skip(!existsSync("/proc/self"), "no /proc"))("where nothing can be made the call ends at once", () => {
  const words = ["attack", "clean-label", "set.safetensors", "--out", "/proc/none/run"];
  const { status, stderr } = spawnSync(process.execPath, [...program, ...words], { encoding: "utf8", timeout: 30_000 });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr:
      "retort attack clean-label: invalid folder /proc/none/run: expected a place where folders can be made, got /proc/none\n",
  });
});

test.skipIf(skip(!existsSync("/dev/full"), "no /dev/full"))("a device is written to, and never replaced", async () => {
  await expect(writeAtomic("/dev/full", "x")).rejects.toMatchObject({ code: "ENOSPC", path: "/dev/full" });
  await writeAtomic("/dev/null", "x");
  expect(readFileSync("/dev/null", "utf8")).toBe("");
});

test("the record holds the call as a shell reads it, with what the set was read with; pasted it gives the same", async () => {
  const unknown = drawings({ normalisation: { kind: "unknown" } });
  writeFileSync("my set.safetensors", setToSafetensors(unknown));
  const words = [
    "attack",
    "cleanLabel",
    "my set.safetensors",
    "--normalisation",
    "cifar-10",
    "--targetClass",
    "2",
    "--out",
    "a run",
  ];
  expect((await call(...words)).status).toBe(0);
  const line = "retort attack cleanLabel 'my set.safetensors' --normalisation cifar-10 --targetClass 2 --out 'a run'";
  const { commandLine, config } = json("a run/config.json");
  expect(commandLine).toBe(line);
  expect(config.reading).toEqual({ normalisation: "cifar-10" });
  expect(config.attack.targetClass).toBe(2);
  expect(json("a run/record.json").command).toBe(line);
  expect((await call("report", "a run", "--markdown")).stdout).toContain(`\`\`\`sh\n${line}\n`);
  expect(readFileSync("a run/report.html", "utf8")).toContain("retort attack cleanLabel &#39;my set.safetensors&#39;");
  const before = readFileSync("a run/tampered.safetensors");
  rmSync("a run", { recursive: true });
  const pasted = line.replace("retort", `"${process.execPath}" ${program.map((word) => `"${word}"`).join(" ")}`);
  expect(spawnSync("sh", ["-c", pasted], { encoding: "utf8" })).toMatchObject({ status: 0 });
  expect(readFileSync("a run/tampered.safetensors").equals(before)).toBe(true);
  // The same run, whichever way it is called; another reading is another run.
  expect((await call(...words, "--quiet")).status).toBe(0);
  expect(json("a run/config.json").commandLine).toBe(line);
  const other = await call(...words.map((word) => (word === "cifar-10" ? "unit" : word)));
  expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining("config.reading.normalisation") });
});

test("class folders of pictures and the run folder of a distillation are sets", async () => {
  for (let k = 0; k < 3; k++) {
    mkdirSync(`pictures/${k}`, { recursive: true });
    const pixels = Uint8Array.from({ length: 3 * 32 * 32 }, (_, i) => (i * (k + 3)) % 256);
    writeFileSync(`pictures/${k}/one.png`, encodePng(pixels, 3, 32, 32));
  }
  expect((await call("attack", "clean-label", "pictures", "--out", "a")).status).toBe(0);
  expect((await call("distill", "--method", "random", "--ipc", "1", "--out", "made", "--quiet")).status).toBe(0);
  const words = "--test strokes --test-images 20 --network mlp --width 4 --networks 1 --epochs 1 --threads 1 --quiet";
  expect(await call("evaluate", "made", ...words.split(" "), "--out", "e")).toMatchObject({ status: 0, stderr: "" });
  expect((await call("attack", "clean-label", "made", "--out", "b")).status).toBe(0);
  expect(await call("inspect", "made")).toMatchObject({ status: 0, stdout: expect.stringContaining("10 images") });
  expect((await call("convert", "made", "made.npz")).status).toBe(0);
  // The run folder of an attack has two.
  for (const words of [
    "inspect b",
    "convert b b.npz",
    "audit b",
    "diff b made",
    "sanitise b --out c.npz",
    "attack ridge-head b",
  ])
    expect(await call(...words.split(" ")), words).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^b: invalid path: expected one set, got the run folder of an attack; name b.clean\.safetensors or .*\n$/,
      ),
    });
  // That of a stopped distillation has none yet.
  rmSync("made/distilled.safetensors");
  for (const words of ["inspect made", "convert made c.npz", "attack clean-label made"])
    expect(await call(...words.split(" ")), words).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^made: invalid path: expected a set, got a run folder without .*goes on\n$/),
    });
});

test("help and version for programs", async () => {
  expect(JSON.parse((await call("--version", "--json")).stdout)).toEqual({ version: "1.2.3" });
  const root = JSON.parse((await call("--help", "--json")).stdout);
  expect(root.commands.map(({ name }: { name: string }) => name)).toEqual(Object.keys(registry));
  const help = JSON.parse((await call("attack", "cleanLabel", "--help", "--json")).stdout);
  expect(help.usage).toBe("retort attack clean-label [options] <set>");
  expect(help.options.map(({ flags }: { flags: string }) => flags)).toContain("--target-class <integer>");
});

test("an audit leaves what it prints in its folder, and another set or other settings are refused by name", async () => {
  const words = ["audit", "set.safetensors", "--detectors", "gamut,grid", "--out", "audit", "--json"];
  const first = await call(...words);
  expect(first.status).toBe(2);
  expect(readFileSync("audit/audit.json", "utf8")).toBe(first.stdout);
  expect(JSON.parse(first.stdout)).not.toHaveProperty("learnt");
  expect(readdirSync("audit/checkpoints").filter((name) => name.includes("network"))).toEqual([]);
  expect(await call(...words)).toEqual(first);
  expect(await call(...words, "--seed", "1")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("config.seed (0 there, 1 here)"),
  });
  const changed = drawings();
  changed.images[0] += 0.5;
  writeFileSync("set.safetensors", setToSafetensors(changed));
  expect((await call(...words)).stderr).toContain("data.set (");
});

test("an audit refuses what only networks or levels read", async () => {
  const images = ["audit", "set.safetensors", "--detectors", "gamut,coherence"];
  for (const [flag, ...value] of [["--epochs", "3"], ["--networks", "mlp"], ["--power"], ["--quick"], ["--deep"]])
    expect((await call(...images, flag, ...value)).stderr).toContain(`retort audit: invalid ${flag}: expected it only`);
});
