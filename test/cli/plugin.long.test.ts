import { appendFileSync, copyFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { afterAll, describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import { evaluate } from "../../src/library/evaluate.ts";
import { register } from "../../src/library/register.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { drawings } from "../experiment/drawings.ts";
import { program } from "../program.ts";
import { SweepFolder } from "./sweepFolder.ts";

const folder = new SweepFolder({
  "sweep.yaml": `
test: { data: strokes, images: 20 }
set: { file: set.safetensors }
network: { name: mlp, width: 4 }
strategy: { epochs: 1 }
attack: { method: invert }
matrix: { attack.count: [1, 2] }
`,
  "empty.mjs": "export const other = 1;\n",
  "throws.mjs": "throw new Error('no');\n",
  "taken.mjs": "export const networks = { mlp: () => 0 };\n",
});
copyFileSync(resolve(import.meta.dirname, "../../examples/plugin/invert.mjs"), folder.at("invert.mjs"));
// The module takes zod from beside it, as in a project of its own.
symlinkSync(resolve(import.meta.dirname, "../../node_modules"), folder.at("node_modules"));
afterAll(() => rmSync(folder.path, { recursive: true, force: true }));

const plugged = (...words: string[]) => folder.retort("--plugin", "invert.mjs", ...words);

describe("a plug-in", () => {
  it("has a command, flags and help, and its content is part of the run", () => {
    const { stderr, status } = plugged("attack", "invert", "set.safetensors", "--count", "1", "--out", "run");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const { config, versions } = JSON.parse(readFileSync(folder.at("run/config.json"), "utf8"));
    expect(config.attack).toEqual({ targetClass: 0, count: 1 });
    expect(versions.plugins).toMatch(/^[0-9a-f]{64}$/);
    expect(folder.retort("attack", "invert", "set.safetensors").status).toBe(2);
  });

  it("runs in the processes of a sweep; another version of it is refused", () => {
    const { stderr, status, result } = plugged("run", "sweep.yaml", "--out", "sweep", "--jobs", "2");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(result).toMatchObject({ done: 2, failed: 0 });
    appendFileSync(folder.at("invert.mjs"), "// changed\n");
    expect(plugged("run", "sweep.yaml", "--out", "sweep").stderr).toContain("expected results of plugins");
  });

  it.each([
    ["gone.mjs", "expected a JavaScript module, got gone.mjs (ENOENT)"],
    ["empty.mjs", "expected an export attacks, networks, distillationMethods, formats, repairs, detectors, got other"],
    ["throws.mjs", "expected a module that loads, got no"],
    ["taken.mjs", "expected one that is free, got mlp, which is taken"],
  ])("%s is refused in one line", (file, message) => {
    const { stderr, status } = folder.retort("inspect", "set.safetensors", "--plugin", file);
    expect(status).toBe(2);
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(message)]);
  });
});

describe("a network of a plug-in", () => {
  // Beside the program, where the package's own name leads to the operations that the program uses.
  const file = resolve(dirname(program[0]), `../../oneLayer-${process.pid}.mjs`);
  writeFileSync(
    file,
    `import { linear, linearParams, ops } from "retort-dd/engine";
export const networks = {
  oneLayer: ({ channels, size, classes }) => ({
    name: "oneLayer", input: [channels, size, size], classes, running: [],
    weights: [linearParams(channels * size * size, classes)],
    forward([layer], _running, x) {
      const features = ops.reshape(x, [x.shape[0], channels * size * size]);
      return { features, logits: linear(layer, features), running: [] };
    },
  }),
};
`,
  );
  afterAll(() => rmSync(file));

  it.each([
    ["distill --method dm --ipc 1 --iterations 1 --batch-real 2 --out made --network", "unknown --network"],
    [
      "distill --method random --ipc 1 --receivers 1 --receiver-width 4 --receiver-epochs 1 --test-images 10 --out judged --receiver-network",
      "unknown --receiver-network",
    ],
    [
      "attack poisoned-distillation set.safetensors --trajectory 1 --steps 1 --surrogate-width 4 --surrogate-steps 1 --archetype-steps 1 --out poisoned --surrogate-networks",
      "invalid --surrogate-networks",
    ],
    ["audit set.safetensors --quick --width 4 --epochs 1 --networks", "unknown network"],
  ])("is one for %s", (words, otherwise) => {
    const command = [...words.split(" "), "one-layer"];
    const { stderr, status, result } = folder.retort("--plugin", file, ...command);
    // A linear layer does not learn the set in one epoch: then an audit cannot judge, and says so.
    const unjudged = words.startsWith("audit") && result.verdict === "cannot be judged";
    expect([stderr, status]).toEqual(["", unjudged ? 2 : expect.toBeOneOf([0, 1])]);
    // In a folder of its own: another set of plug-ins is another run.
    const alone = command.map((word, i) => (command[i - 1] === "--out" ? `${word}-alone` : word));
    expect(folder.retort(...alone)).toMatchObject({ stderr: expect.stringContaining(otherwise), status: 2 });
  });
});

it("what is registered works by its name; what lacks a member is refused", async () => {
  expect(() => register({ attacks: { mine: { title: "x" } as never } })).toThrow(UsageError);
  expect(() => register({ attacks: { mine: { title: "x" } as never } })).toThrow("expected the member source");
  expect(() => register({ networks: { "my-net": mlp } })).toThrow("expected letters and digits in camel case");
  register({ networks: { myNet: mlp } });
  const { rates } = await evaluate(drawings(), {
    ...{ test: strokes("test", 20), networks: ["myNet" as never], width: 4, repeats: 1, epochs: 1 },
  });
  expect(rates[0].network).toBe("myNet-4");
  expect(() => register({ networks: { myNet: mlp } })).toThrow("taken");
});
