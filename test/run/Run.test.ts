import { spawn, spawnSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import { hashJson } from "../../src/core/hash.ts";
import { setDigest } from "../../src/disk/setDigest.ts";
import { writeAtomic } from "../../src/disk/writeAtomic.ts";
import { openRun, readRun } from "../../src/run/Run.ts";
import type { RunDescription } from "../../src/run/RunDescription.ts";
import { versions } from "../../src/run/versions.ts";
import { skip } from "../skip.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-run-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const description: RunDescription = {
  command: "attack badnets",
  config: { alpha: 0.6, trigger: { side: 1, value: 10 }, networks: ["convnet"] },
  data: { set: "ab12" },
  versions: versions("cpu", 2),
};

test("a new folder gets its description and a log; the same description resumes", async () => {
  const path = join(folder, "new/run");
  const first = await openRun(path, description, () => new Date(0));
  expect(first.resumed).toBe(false);
  await first.writeJson("metrics.json", { asr: 0.5 });
  await appendFile(first.path("log.jsonl"), '{"event":"half');
  const second = await openRun(path, structuredClone(description));
  expect(second.resumed).toBe(true);
  expect(second.description).toEqual(description);
  expect(await second.readJson("metrics.json")).toEqual({ asr: 0.5 });
  expect(await second.read("checkpoints/none")).toBe(undefined);
  expect(await readFile(second.path("log.jsonl"), "utf8")).toBe(
    `{"time":"1970-01-01T00:00:00.000Z","event":"start","run":"${hashJson(description)}"}\n{"event":"resume"}\n`,
  );
  expect((await readRun(path)).description).toEqual(description);
});

test("another description is refused by what differs", async () => {
  const first = await openRun(join(folder, "run"), description);
  await first.write("checkpoints/x", "x");
  const other = {
    ...description,
    config: { ...description.config, alpha: 0.3, trigger: { side: 3, value: 10 }, epochs: 50 },
    data: { set: "cd34" },
  };
  await expect(openRun(join(folder, "run"), other)).rejects.toThrow(
    `got another config.alpha (0.6 there, 0.3 here); config.epochs (none there, 50 here); ` +
      `config.trigger.side (1 there, 3 here); data.set ("ab12" there, "cd34" here); choose a new folder with --out`,
  );
});

test("a run that came to nothing gives its folder free", async () => {
  const first = await openRun(join(folder, "run"), description, undefined, "retort one");
  await first.writeJson("timing/attack.json", { seconds: 1 });
  const other = { ...description, data: { set: "cd34" } };
  const second = await openRun(join(folder, "run"), other, undefined, "retort two");
  expect(second).toMatchObject({ resumed: false, description: other, commandLine: "retort two" });
  const third = await openRun(join(folder, "run"), other, undefined, "retort three");
  expect(third).toMatchObject({ resumed: true, commandLine: "retort two" });
});

test("a folder that is no run is refused", async () => {
  await writeFile(join(folder, "thesis.tex"), "");
  await expect(openRun(folder, description)).rejects.toThrow("expected a run folder with config.json, got none");
  await expect(readRun(join(folder, "thesis.tex"))).rejects.toThrow("expected a run folder");
  await writeFile(join(folder, "config.json"), "{");
  await expect(openRun(folder, description)).rejects.toThrow(/config\.json: expected JSON/);
  await writeFile(join(folder, "config.json"), '{"format":"other"}');
  await expect(openRun(folder, description)).rejects.toThrow('expected format retort-run/1, got "other"');
});

test("a writer killed at any moment leaves one whole version", async () => {
  const path = join(folder, "state.bin");
  const module = pathToFileURL(join(import.meta.dirname, "../../src/disk/writeAtomic.ts")).href;
  const program = `import { writeAtomic } from ${JSON.stringify(module)};
    for (let i = 0; ; i = (i + 1) % 200) await writeAtomic(${JSON.stringify(path)}, new Uint8Array(300_000).fill(i));`;
  for (const pause of [60, 93, 141]) {
    const writer = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => writer.on("exit", resolve));
    while (!(await readdir(folder)).includes("state.bin")) await setTimeout(10);
    await setTimeout(pause);
    writer.kill("SIGKILL");
    await ended;
    const bytes = await readFile(path);
    expect(bytes.length).toBe(300_000);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  }
  // What the kill left behind does not stop a new run in that folder, nor is it ever read.
  await rm(path);
  expect((await openRun(folder, description)).resumed).toBe(false);
});

test.skipIf(skip(process.platform === "win32", "Windows"))(
  "a write that does not fit leaves the old file and nothing else",
  async () => {
    const path = join(folder, "set.safetensors");
    await writeAtomic(path, "old");
    const module = pathToFileURL(join(import.meta.dirname, "../../src/disk/writeAtomic.ts")).href;
    const program = `import { writeAtomic } from ${JSON.stringify(module)};
    await writeAtomic(process.argv[1], new Uint8Array(3_000_000)).catch((e) => console.log(e.code, e.path));`;
    // A limit on the size of files fails in the same place as a full disk does: in the middle of a write.
    const shell = `ulimit -f 1000 && exec "${process.execPath}" --import tsx --input-type=module -e '${program}' "${path}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", shell], { encoding: "utf8" });
    expect(stdout, stderr).toBe(`EFBIG ${path}\n`);
    expect(await readdir(folder)).toEqual(["set.safetensors"]);
    expect(await readFile(path, "utf8")).toBe("old");
  },
);

test("a file in the way of a folder is the system's error, a folder in that of a file a refusal", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(writeAtomic(join(folder, "file/x.json"), "{}")).rejects.toMatchObject({ syscall: "mkdir" });
  await mkdir(join(folder, "taken"));
  await expect(writeAtomic(join(folder, "taken"), "{}")).rejects.toThrow(
    new UsageError(`output: invalid file ${join(folder, "taken")}: expected a file, got a folder`),
  );
  expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
});

test("versions name the packages that ran", () => {
  expect(versions("webgpu", 4)).toEqual({
    retort: expect.stringMatching(/^\d+\.\d+\.\d+/),
    node: process.versions.node,
    onnxruntime: expect.stringMatching(/^\d+\.\d+\.\d+/),
    platform: `${process.platform}-${process.arch}`,
    device: "webgpu",
    threads: 4,
  });
});

test("a set's digest depends on what it holds, not on its name", () => {
  const set = {
    kind: "labelled",
    name: "a",
    pixels: Uint8Array.of(1, 2, 3, 4),
    shape: [1, 1, 2, 2],
    labels: Int32Array.of(0),
    classes: 2,
  } as const;
  expect(setDigest(set)).toMatch(/^[0-9a-f]{64}$/);
  expect(setDigest({ ...set, name: "b" })).toBe(setDigest(set));
  expect(setDigest({ ...set, labels: Int32Array.of(1) })).not.toBe(setDigest(set));
  expect(setDigest({ ...set, shape: [1, 1, 1, 4] })).not.toBe(setDigest(set));
  const distilled = {
    kind: "distilled",
    name: "a",
    images: Float32Array.of(1, 2, 3, 4),
    shape: [1, 1, 2, 2],
    labels: { kind: "hard", classes: Int32Array.of(0) },
    classes: 2,
    normalisation: { kind: "unit" },
    metadata: { note: 1 },
  } as const;
  expect(setDigest({ ...distilled, metadata: {} })).toBe(setDigest(distilled));
  expect(setDigest({ ...distilled, normalisation: { kind: "unknown" } })).not.toBe(setDigest(distilled));
});
