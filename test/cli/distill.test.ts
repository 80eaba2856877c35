import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, it } from "vitest";
import { distill } from "../../src/cli/commands/distill.ts";
import { report } from "../../src/cli/commands/report.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import * as methods from "../../src/distill/methods.ts";
import { openSet } from "../../src/formats/open.ts";
import { decodePng } from "../../src/formats/pictures/png.ts";
import { call } from "./fakeTerminal.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-distill-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What users write after `--method`. */
const names = Object.values(methods)
  .map(({ abbreviation }) => abbreviation)
  .sort();

/** A tiny raw set in MNIST's layout: 12 images of 8×8 in 2 classes. */
async function rawSet(): Promise<string> {
  const header = (type: number, ...sizes: number[]) => [0, 0, 8, type, ...sizes.flatMap((s) => [0, 0, 0, s])];
  const pixels = Array.from({ length: 12 * 64 }, (_, i) => (i * 97 + (i >> 6) * 31) % 256);
  await writeFile(join(folder, "train-images-idx3-ubyte"), Uint8Array.from([...header(3, 12, 8, 8), ...pixels]));
  const labels = Array.from({ length: 12 }, (_, i) => i % 2);
  await writeFile(join(folder, "train-labels-idx1-ubyte"), Uint8Array.from([...header(1, 12), ...labels]));
  await writeFile(join(folder, "t10k-images-idx3-ubyte"), Uint8Array.from([...header(3, 12, 8, 8), ...pixels]));
  await writeFile(join(folder, "t10k-labels-idx1-ubyte"), Uint8Array.from([...header(1, 12), ...labels]));
  return folder;
}
const run = (...words: string[]) => call({ distill }, "distill", "--quiet", ...words);
const quick = ["--ipc", "2", "--width", "4", "--depth", "2", "--batch-real", "4", "--threads", "1"];

it("leaves a run folder with the set, its settings and the loss curve; once more says the same", async () => {
  const out = join(folder, "run");
  const words = ["--data", await rawSet(), ...quick, "--iterations", "3", "--seed", "5", "--out", out, "--json"];
  const { status, stdout, stderr } = await run(...words);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ method: "distributionMatching", images: 4, classes: 2, iterations: 3, folder: out });
  expect(result.loss.map(([iteration]: [number]) => iteration)).toEqual([1, 2, 3]);
  const sheet = decodePng(new Uint8Array(await readFile(result.sheet))).image;
  expect(sheet).toMatchObject({ channels: 3, height: 2 + 2 * 66, width: 2 + 2 * 66 });
  const { set } = await openSet(await fileSource(result.set));
  expect(set).toMatchObject({
    kind: "distilled",
    shape: [4, 1, 8, 8],
    metadata: { method: "distributionMatching", seed: 5, options: { ipc: 2, iterations: 3, lrImg: 1 } },
    normalisation: { kind: "meanStd" },
  });
  const config = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
  expect(config).toMatchObject({
    command: "distill distributionMatching",
    config: { options: { momentum: 0.5, init: "real" }, seed: 5 },
    data: { train: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(JSON.parse((await run(...words)).stdout)).toEqual(result);
});

it("measures receivers beside those of random real images, also of a set that is finished, and draws its page again", async () => {
  const out = join(folder, "run");
  const words = ["--data", await rawSet(), ...quick, "--iterations", "3", "--out", out];
  expect((await run(...words)).status).toBe(0);
  expect(await readFile(join(out, "report.html"), "utf8")).toContain("was not measured");
  const set = await readFile(join(out, "distilled.safetensors"));
  const receivers = ["--receivers", "2", "--receiver-width", "4", "--receiver-epochs", "5", "--test-images", "10"];
  const shown = await run(...words, ...receivers, "--json");
  expect(shown).toMatchObject({ status: 0, stderr: "" });
  const { measured } = JSON.parse(shown.stdout);
  expect(measured).toMatchObject({ network: "convNet-4", epochs: 5, testImages: 10 });
  expect([measured.own.length, measured.random.length]).toEqual([2, 2]);
  for (const rate of [...measured.own, ...measured.random]) expect((10 * rate) % 1).toBeCloseTo(0);
  expect(await readFile(join(out, "distilled.safetensors"))).toEqual(set);
  expect(await run(...words, ...receivers, "--json")).toMatchObject({ stdout: shown.stdout });
  const page = await readFile(join(out, "report.html"), "utf8");
  expect(page).toContain("Random real images");
  await rm(join(out, "report.html"));
  expect((await call({ report }, "report", out)).stdout).toContain("random real images");
  expect(await readFile(join(out, "report.html"), "utf8")).toBe(page);
  expect((await call({ report }, "report", out, "--latex")).stderr).toContain("invalid --latex: expected a run");
  expect((await run(...words, "--receiver-width", "4")).stderr).toContain("--receiver-width");
});

it("interrupted it can be resumed, with the same bytes", async () => {
  const words = ["--data", await rawSet(), ...quick, "--iterations", "30", "--out"];
  const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
  expect((await run(...words, whole)).status).toBe(0);
  const pending = run(...words, parts);
  // Ctrl-C as soon as the first iterations may have been done: when the folder has been opened.
  while (!(await readdir(parts).catch((): string[] => [])).includes("log.jsonl"))
    await new Promise((r) => setTimeout(r, 2));
  process.emit("SIGINT");
  const stopped = await pending;
  expect(stopped.status).toBe(130);
  expect(stopped.stderr).toContain(`interrupted: the same command with --out ${parts} goes on`);
  expect((await readdir(parts)).sort()).toEqual(["checkpoints", "config.json", "log.jsonl", "timing"]);
  expect((await run(...words, parts)).status).toBe(0);
  for (const file of ["distilled.safetensors", "metrics.json"])
    expect(await readFile(join(parts, file)), file).toEqual(await readFile(join(whole, file)));
  const events = (await readFile(join(parts, "log.jsonl"), "utf8")).trim().split("\n");
  expect(events.map((line) => JSON.parse(line).event)).toEqual(["start", "interrupt", "resume", "finish"]);
});

it("the baseline runs under its names, and has its own options", async () => {
  const data = await rawSet();
  const out = join(folder, "random");
  const made = await run("--data", data, "--method", "random-real", "--ipc", "3", "--out", out);
  expect(made).toMatchObject({ status: 0, stdout: expect.stringContaining("6 images, 3 of each of 2 classes") });
  expect(await run("--data", data, "--method", "random", "--width", "4", "--out", out)).toMatchObject({
    status: 2,
    stderr: `retort distill: invalid --width: expected it only with method ${names.filter((name) => name !== "random").join(" or ")}, got 4; it would do nothing\n`,
  });
  expect(await run("--data", data, "--method", "random", "--preset", "quick", "--out", out)).toMatchObject({
    status: 2,
    stderr: 'retort distill: unknown preset of random: expected none, since there are none, got "quick"\n',
  });
});

it.each([
  [["--method", "kip"], `retort distill: unknown method: expected one of ${names.join(", ")}, got "kip"`],
  [["--preset", "brief"], "retort distill: invalid --preset: expected one of reduced, quick, got"],
  [["--data", "nowhere"], "retort distill: unknown data: expected strokes,"],
  [["--ipc", "0"], "retort distill: invalid --ipc: expected"],
  [["--ipc", "7"], "retort distill: invalid ipc: expected at most 6, all images of class 0, got 7"],
  [["--dsa", "blur"], "retort distill: unknown DSA operator: expected none or some of color"],
  [["--normalisation", "cifar"], "retort distill: unknown normalisation: expected one of"],
])("%j is one clear line and status 2", async (words, line) => {
  const data = words[0] === "--data" ? [] : ["--data", await rawSet()];
  const rest = quick.filter((word, i) => !words.includes(word) && !words.includes(quick[i - 1]));
  const { status, stderr } = await run(...data, ...rest, ...words, "--out", join(folder, "run"));
  expect(stderr).toContain(line);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(status).toBe(2);
  expect(await readdir(folder)).not.toContain("run");
});

it("seeds make a library: each set is the one of its seed, and the same command finds them all finished", async () => {
  const data = await rawSet();
  const words = ["--data", data, "--method", "random", "--ipc", "1"];
  const library = ["--seeds", "3..5", "--out", join(folder, "library"), "--json"];
  const { status, stdout } = await run(...words, ...library);
  expect(status).toBe(0);
  const { sets } = JSON.parse(stdout) as { sets: { set: string; digest: string }[] };
  expect(sets.map(({ set }) => set)).toEqual(
    [3, 4, 5].map((seed) => join(folder, "library", `seed-${seed}`, "distilled.safetensors")),
  );
  const alone = JSON.parse((await run(...words, "--seed", "4", "--out", join(folder, "alone"), "--json")).stdout);
  expect(sets[1].digest).toBe(alone.digest);
  expect(new Set(sets.map(({ digest }) => digest)).size).toBeGreaterThan(1);
  expect(JSON.parse((await run(...words, ...library)).stdout)).toEqual({ sets });
});

it.each([
  [["--seeds", "5..3"], 'invalid --seeds: expected first..last, as 0..9, got "5..3"'],
  [["--seeds", "4"], 'invalid --seeds: expected first..last, as 0..9, got "4"'],
  [["--seeds", "0..1", "--seed", "3"], "invalid --seeds: expected it alone, got also --seed 3"],
])("%j is refused", async (words, line) => {
  const { status, stderr } = await run("--data", await rawSet(), "--method", "random", ...words);
  expect(stderr).toBe(`retort distill: ${line}\n`);
  expect(status).toBe(2);
});

it("receivers of a set and of random real images are trained by a protocol, and ask the teacher that made the set", async () => {
  const data = await rawSet();
  const receivers = ["--receivers", "1", "--receiver-width", "4", "--receiver-epochs", "3", "--threads", "1", "--json"];
  const rded = ["--method", "rded", "--ipc", "1", "--width", "4", "--depth", "2", "--teacher-epochs", "1"];
  const words = ["--data", data, ...rded, "--out", join(folder, "rded"), ...receivers];
  const measured = async (...more: string[]) => JSON.parse((await run(...words, ...more)).stdout).measured;
  const [plain, asked] = [await measured(), await measured("--receiver-protocol", "rded")];
  expect(plain.protocol).toBeUndefined();
  expect(asked).toMatchObject({ protocol: "rded", epochs: 3, own: [expect.any(Number)], random: [expect.any(Number)] });
  const learner = async (file: string) => JSON.parse(await readFile(join(folder, "rded", "results", file), "utf8"));
  // Other training, other losses; the files of both stand side by side.
  for (const of of ["distilled", "random"]) {
    const [one, other] = [`convNet-4-${of}-12-3-0-clean.json`, `convNet-4-rded-${of}-12-3-0-clean.json`];
    expect((await learner(one)).losses).not.toEqual((await learner(other)).losses);
  }
  const refused = async (name: string) =>
    (await run("--data", data, "--method", "random", "--ipc", "1", "--receivers", "1", "--receiver-protocol", name))
      .stderr;
  const line = "retort distill: invalid --receiver-protocol: expected one that sets of random can be judged by, got";
  expect(await refused("mtt")).toBe(`${line} mtt, which trains at the rate that a set was learnt with\n`);
  expect(await refused("sre2l")).toBe(`${line} sre2l, which asks the teacher that made a set\n`);
});

it("a preset stands beneath what is written", async () => {
  const out = join(folder, "run");
  const words = ["--data", await rawSet(), "--method", "dc", "--preset", "quick", "--ipc", "1", "--out", out];
  const narrow = ["--iterations", "2", "--width", "4", "--depth", "2"];
  expect((await run(...words, ...narrow)).status).toBe(0);
  const { config } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
  expect(config.options).toMatchObject({
    ipc: 1,
    iterations: 2,
    width: 4,
    outer: 2,
    inner: 5,
    batchReal: 32,
    lrNet: 0.01,
  });
});

it("a folder with another run is left alone", async () => {
  const words = ["--data", await rawSet(), "--method", "random", "--out", join(folder, "run")];
  expect((await run(...words, "--ipc", "2")).status).toBe(0);
  expect(await run(...words, "--ipc", "3")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("config.options.ipc (2 there, 3 here)"),
  });
});
