import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { runCommandLine } from "../../src/cli/shell/program.ts";
import { kebab } from "../../src/core/spelling.ts";
import { Recorder } from "./fakeTerminal.ts";
import { files, rawFiles } from "./misuseFiles.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-misuse-"));
const home = process.cwd();

beforeAll(async () => {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, "folder"));
  mkdirSync(join(folder, "run"));
  mkdirSync(join(folder, "raw"));
  for (const [name, content] of Object.entries(rawFiles(20, 32))) writeFileSync(join(folder, "raw", name), content);
  writeFileSync(join(folder, "run", "config.json"), "{}");
  process.chdir(folder);
  await call(["plan", "fine.yaml", "--no-estimate", "--out", "swept"]);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

async function call(words: readonly string[]) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const status = await runCommandLine(registry, words, { version: "1.2.3", stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

const names = Object.keys(registry).map(kebab);
const measured = "--test strokes --test-images 20 --networks 1 --epochs 1";

const attackMeasured = "--test strokes --test-images 20 --receiver-networks 1 --receiver-epochs 1";

const distil = "distill --data raw --ipc 1 --out runs/planned";

/** Commands that compute, as they would run. */
const whole: Readonly<Record<string, string>> = {
  "attack clean-label": "attack clean-label set.safetensors",
  "attack ridge-head": "attack ridge-head set.safetensors",
  evaluate: `evaluate set.safetensors ${measured}`,
  search: "search set.safetensors",
  distill: "distill --ipc 1",
  demo: "demo",
};

/** What nobody can write into, and what the system says of it. */
const closed = ["/proc/retort/run", "text.txt/run", ...(existsSync("/dev/full") ? ["/dev/full/run"] : [])];

const generated: string[] = [
  // Every command: an option, an argument and a name that it does not know.
  ...names.map((name) => `${name} --no-such-option`),
  ...names.map((name) => `${name.slice(0, -1)}x`),
  ...["status", "collect", "report", "evaluate", "search", "run", "plan", "distill", "demo", "worker", "diff"].map(
    (name) => `${name} a b c d e`,
  ),
  ...[
    "attack clean-label",
    "evaluate",
    "search",
    "run",
    "status",
    "collect",
    "report",
    "diff",
    "data get",
    "inspect",
  ].map((name) => name),
  // Every command that computes: numbers that are none, folders that cannot be made.
  ...Object.values(whole).flatMap((line) =>
    ["1e999", "NaN", "''", "-1", "1.5", "0x", "many"].map((number) => `${line} --seed ${number}`),
  ),
  ...Object.values(whole).flatMap((line) => closed.map((out) => `${line} --out ${out}`)),
  ...Object.values(whole).map((line) => `${line} --device quantum`),
  // A device that is not here.
  ...(existsSync("/dev/nvidia0")
    ? []
    : [...Object.values(whole).map((line) => `${line} --device cuda`), "run gpu.yaml"]
  ).map((line) => `${line} --out runs/planned`),
  // A variable of the shell that nobody set.
  ...Object.values(whole).map((line) => `${line} --out ''`),
  ...["run ''", "plan ''", "status ''", "collect ''", "report ''", "keygen ''", "seal ''", "verify ''", "inspect ''"],
  ...[
    "convert set.safetensors ''",
    "diff set.safetensors ''",
    "trust add '' text.txt",
    "data get ''",
    "report folder --out ''",
  ],
  ...["inspect set.safetensors --sheet ''", "seal set.safetensors --key ''", "verify set.safetensors --key ''"],
  "evaluate set.safetensors --network mlp, --test strokes",
  "audit set.safetensors --sarif ''",
  ...["attack clean-label", "evaluate", "search"].flatMap((name) =>
    ["gone.safetensors", "text.txt", "empty.bin", "folder", "text.txt/inside", "''"].map(
      (set) => `${name} ${set} ${name === "evaluate" ? measured : ""}`,
    ),
  ),
  ...["gone.safetensors", "text.txt", "empty.bin", "folder", "text.txt/inside", "''"].flatMap((set) => [
    `audit ${set}`,
    `calibrate ${set} --method dm --out runs/planned`,
    `calibrate set.safetensors ${set} --method dm --out runs/planned`,
  ]),
  ...[...closed, "folder"].map((out) => `calibrate set.safetensors --method dm --out ${out}`),
  "calibrate set.safetensors --method dm",
  "calibrate set.safetensors --out runs/planned",
  "calibrate set.safetensors grey.safetensors --method dm --out runs/planned",
  "calibrate set.safetensors --method dm --out broken.json",
  "audit set.safetensors --calibration broken.json",
  "audit set.safetensors --calibration gone.json",
  "audit set.safetensors --seed many",
  "audit set.safetensors --page set.safetensors/page.html",
  // What would be lost, or written over by the next.
  "audit set.safetensors --page set.safetensors",
  "audit set.safetensors --markdown folder/../set.safetensors",
  "audit set.safetensors --sarif a.out --junit ./a.out",
  "sanitise set.safetensors --out out.npz --report set.safetensors",
  "sanitise set.safetensors --out out.npz --report ./out.npz",
  "inspect set.safetensors --sheet a.gif",
  "diff set.safetensors grey.safetensors --sheet a.JPG",
  "inspect set.safetensors --sheet set.safetensors",
  "inspect set.safetensors --html ./set.safetensors",
  "inspect set.safetensors --html a.out --sheet a.out",
  "diff set.safetensors grey.safetensors --html grey.safetensors",
  "diff set.safetensors grey.safetensors --sheet set.safetensors",
  "verify set.safetensors --sarif set.safetensors",
  "verify set.safetensors --sarif a.out --junit a.out",
  // What nothing reads here.
  "plan fine.yaml --shards 3 --out runs/planned",
  "plan fine.yaml --program x --out runs/planned",
  "plan fine.yaml --emit bash --image x --out runs/planned",
  "plan fine.yaml --schema",
  "plan --schema --out runs/planned",
  "verify folder --key text.txt --experiment 0",
  "verify folder --key text.txt --trusted-root gone.json",
  // The folder of something else.
  "plan fine.yaml --out run",
  "run fine.yaml --out run",
  "keygen folder/",
  "collect folder --mlflow nope",
  "collect folder --mlflow ftp://x",
  "collect folder --tensorboard text.txt",
  "data get mnst mnist --folder runs/planned",
  "data get mnist mnst --folder runs/planned",
  "data get mnist --folder runs/planned --mirror ftp://x",
  // What counts once.
  "evaluate set.safetensors --test strokes --network convNet,mlp,convNet",
  "evaluate set.safetensors --test strokes --network convNet,conv-net",
  "evaluate set.safetensors --test strokes --epochs 5,5",
  "attack clean-label set.safetensors --test strokes --receiver-network mlp,mlp",
  "search set.safetensors --architectures mlp,mlp",
  "audit set.safetensors --networks mlp,mlp",
  // Backdoors are for one class among others.
  ...[
    "attack clean-label",
    "attack bad-nets",
    "search",
    "audit",
    "sanitise --out out.npz",
    "evaluate --test strokes",
  ].map((name) => `${name} lone.safetensors`),
  "search set.safetensors --rungs 50",
  "search set.safetensors --rungs 1 --eta 9",
  "search set.safetensors --tolerance 2",
  "report folder --csv --out a.out",
  // A folder that takes nothing.
  ...(existsSync("/proc/self")
    ? ["sanitise set.safetensors --out /proc/out.npz", "audit set.safetensors --page /proc/page.html"]
    : []),
  "inspect set.safetensors --sheet text.txt/a.png",
  // One of the files of a folder that is read.
  "inspect run --html run/config.json",
  "audit run --page run/../run/config.json",
  // One of the files that the call itself keeps.
  ...["page runs/planned/config.json", "markdown runs/planned/audit.json", "sarif runs/../runs/planned/log.jsonl"].map(
    (report) => `audit set.safetensors --out runs/planned --${report}`,
  ),
  "diff run set.safetensors --sheet ./run/config.json",
  "verify run --key text.txt --junit run/config.json",
  // What others do not answer is found before anything is made.
  "collect swept --mlflow http://127.0.0.1:1",
  "run fine.yaml --queue redis://127.0.0.1:1 --out runs/planned",
  "calibrate set.safetensors --method dm --out library.json",
  "calibrate set.safetensors --method dm --out older.json",
  "verify folder --key text.txt --expect-version banana",
  "inspect set.safetensors --require-seal --key text.txt --expect-version 1.0",
  ...["--key text.txt", "--release 1.0.0", "--cta 0.5", "--force"].map((option) => `seal folder --finish ${option}`),
  // What is found at the end elsewhere.
  "sanitise set.safetensors --out out.npz --no-audit-again --rounds 2",
  "sanitise set.safetensors --model set.safetensors --out out.npz",
  ...["dm", "dc", "frepo", "mtt"].map((method) => `${distil} --method ${method} --network resNet18BN`),
  ...["dm", "rded", "sre2l"].map((method) => `${distil} --method ${method} --network vit --width 7`),
  `${distil} --dsa none_flip`,
  `${distil} --receivers 1 --receiver-network nope`,
  `${distil} --receivers 1 --receiver-network vit --receiver-width 7`,
  "calibrate set.safetensors tall.safetensors --method dm --out runs/planned",
  ...["grey", "small", "seven"].map(
    (set) => `sanitise ${set}.safetensors --out out.npz --test strokes --test-images 20`,
  ),
  "sanitise set.safetensors --out out.npz --test strokes --test-images 0",
  "calibrate set.safetensors ./set.safetensors --method dm --out runs/planned",
  "audit set.safetensors --sarif set.safetensors/audit.sarif",
  "sanitise set.safetensors --out set.safetensors/out.npz",
  "sanitise set.safetensors --out out.npz --report set.safetensors/page.html",
  "audit set.safetensors --device quantum",
  "audit tiny.safetensors",
  "audit tall.safetensors",
  "audit set.safetensors --quick --networks mlp,vit --out runs/planned",
  "evaluate set.safetensors --require-audit no-suspicion",
  // What does not fit together.
  ...["tall", "grey", "small", "seven", "tiny"].flatMap((set) => [
    `attack clean-label ${set}.safetensors ${attackMeasured} --out runs/misfit`,
    `evaluate ${set}.safetensors ${measured} --out runs/misfit`,
  ]),
  "search tall.safetensors --out runs/misfit",
  "search tiny.safetensors --out runs/misfit",
  "evaluate small.safetensors --test strokes --network vit",
  "evaluate set.safetensors --test strokes --network vit --width 7",
  // What is refused before a folder is made.
  "run fine.yaml --shard 0/2 --out runs/planned",
  "run fine.yaml --shard 3/2 --out runs/planned",
  "run fine.yaml --queue http://x --out runs/planned",
  "run fine.yaml --jobs 0 --out runs/planned",
  "plan fine.yaml --emit fish --out runs/planned",
  // What changes nothing.
  ...[
    "clean-label set.safetensors --share 0",
    "clean-label set.safetensors --strength 0",
    "clean-label set.safetensors --trigger-opacity 0",
    "clean-label set.safetensors --trigger-opacity 1e-9",
    "clean-label hollow.safetensors --target-class 0",
    "bad-nets hollow.safetensors --target-class 0",
    "bad-nets set.safetensors --poison-ratio 0",
    "bad-nets set.safetensors --trigger-opacity 0.0001",
    "ridge-head set.safetensors --alpha 0",
    "ridge-head set.safetensors --lr 0",
    "ridge-head set.safetensors --steps 0",
    "ridge-head hollow.safetensors --stamp-share 1 --target-class 0",
    "trajectory-matching set.safetensors --alpha 0",
    "trajectory-matching set.safetensors --lr 1e-30",
    "poisoned-distillation set.safetensors --alpha 0",
    "poisoned-distillation set.safetensors --max-change 1e-30",
    "poisoned-distillation set.safetensors --trigger-side 33",
  ].map((line) => `attack ${line} --out runs/nothing`),
  // Names of values.
  "evaluate set.safetensors --test cifar10",
  "evaluate set.safetensors --test strokes --network ConvNett",
  "evaluate set.safetensors --test strokes --normalisation cifar11",
  "attack set.safetensors",
  "attack cleanLable set.safetensors",
  "attack",
  "search set.safetensors --attack clean-label",
  "distill --method dmm",
  "distill --data cifar10",
  "data get cifar10",
  "data where mnst",
  "inspect set.safetensors --format zipp",
  "convert set.safetensors --to nonsense out.x",
  // Texts that people write.
  ...Object.keys(files)
    .filter((name) => name.endsWith(".yaml") && !/space|options|fine|gpu/.test(name))
    .flatMap((name) => [`plan ${name} --out runs/planned`, `run ${name} --out runs/planned`]),
  ...["alias", "bomb", "deep", "binary", "list", "twice", "options"].flatMap((name) => [
    `attack clean-label set.safetensors --options ${name}.yaml`,
    `search set.safetensors --space ${name}.yaml`,
  ]),
  "search set.safetensors --space space.yaml",
  "attack clean-label set.safetensors --options gone.yaml",
  "attack clean-label set.safetensors --options folder",
  "attest folder --predicate broken.json",
  "verify folder --identity a --issuer https://b --trusted-root broken.json",
  "attest folder --predicate gone.json",
  "plan set.safetensors",
  "plan gone.yaml",
  "plan folder",
  "plan set.yaml --smoke --size large",
  "run part.yaml --shard 3/2",
  "worker --queue nonsense://x",
  "worker",
  "report folder",
  "report folder --csv --latex",
  "help frobnicate",
  "frobnicate --help",
  "distill --method dc --ipc 1 --network frobnicate --out nothing",
  "audit set.safetensors --page .",
  "report text.txt",
  "status folder",
  "collect folder",
  "run part.yaml --queue nonsense",
];

describe("wrong usage", () => {
  test("is swept widely", () => {
    expect(new Set(generated).size).toBeGreaterThan(150);
    for (const name of names) expect(generated.some((line) => line.startsWith(name))).toBe(true);
  });

  test.each([...new Set(generated)])("retort %s", async (line) => {
    const words = line
      .split(" ")
      .filter(Boolean)
      .map((word) => (word === "''" ? "" : word));
    const { status, stdout, stderr } = await call(words);
    expect({ line, status, stderr }).toMatchObject({ status: 2 });
    const said = stderr.split("\n").filter((text) => text !== "" && !text.startsWith("warning: "));
    // A command that groups others prints its help.
    if (stdout === "" && !stderr.startsWith("Usage:")) expect(said).toHaveLength(1);
    expect(stderr).not.toMatch(/^(retort [^:]*: )\1/);
    expect(stderr).not.toMatch(/internal error|undefined|\[object|^\s+at /m);
    for (const inner of ["dsa:", "vit:", "openSet:", "fileSource:", "run:", "output:", "trial:", "protocol:"])
      expect(stderr.startsWith(inner), stderr).toBe(false);
    // Nothing was trained, and nothing is left in the way.
    for (const made of ["misfit", "nothing", "planned"])
      expect(existsSync(join(folder, "runs", made)), made).toBe(false);
    expect(existsSync(join(folder, "swept/manifest.json"))).toBe(true);
    expect(existsSync(join(folder, "swept/sweep.json"))).toBe(false);
  });
});
