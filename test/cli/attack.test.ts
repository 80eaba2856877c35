import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack } from "../../src/cli/commands/attack.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { drawings } from "../experiment/drawings.ts";
import { program } from "../program.ts";
import { call } from "./fakeTerminal.ts";

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "retort-attack-"));
  writeFileSync(at("set.safetensors"), setToSafetensors(drawings()));
  const broken = drawings();
  broken.images[5] = Number.NaN;
  writeFileSync(at("nan.safetensors"), setToSafetensors(broken));
  writeFileSync(at("unknown.safetensors"), setToSafetensors(drawings({ normalisation: { kind: "unknown" } })));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = [
  ...["--trajectory", "2", "--surrogate-width", "8", "--surrogate-hidden", "0", "--surrogate-steps", "2"],
  ...["--archetype-steps", "2", "--threads", "1", "--quiet"],
];
const run = (...words: string[]) =>
  spawnSync(process.execPath, [...program, ...words], { encoding: "utf8", cwd: folder });

describe("retort attack", () => {
  it("tampers, measures and reports; the report can be rendered again", () => {
    const receivers = [
      "--test",
      "strokes",
      "--test-images",
      "40",
      "--receiver-network",
      "mlp",
      "--receiver-width",
      "8",
      "--receiver-networks",
      "2",
      "--receiver-epochs",
      "3",
    ];
    const { stdout, stderr, status } = run(
      "attack",
      "poisoned-distillation",
      "set.safetensors",
      ...small,
      "--steps",
      "3",
      ...receivers,
      "--out",
      "full",
      "--json",
    );
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const result = JSON.parse(stdout);
    expect(result.results).toHaveLength(4);
    for (const name of [
      "config.json",
      "clean.safetensors",
      "tampered.safetensors",
      "record.json",
      "metrics.json",
      "report.html",
    ])
      expect(existsSync(at(`full/${name}`)), name).toBe(true);
    expect(JSON.parse(readFileSync(at("full/config.json"), "utf8")).config.attack).toMatchObject({
      alpha: 0.6,
      steps: 3,
      lr: 0.1,
    });
    expect(run("report", "full", "--markdown").stdout).toContain("| mlp-8 | 3 | 2 |");
    // The sets and the trigger of a run can be measured again with other receivers.
    const again = run(
      "evaluate",
      "full",
      ...receivers.slice(0, -1).map((word) => word.replace("--receiver-", "--")),
      "2",
      "--network",
      "leNet",
      "--threads",
      "1",
      "--quiet",
      "--out",
      "again",
      "--json",
    );
    expect(again.stderr).toBe("");
    const measured = JSON.parse(again.stdout).results as { network: string; epochs: number }[];
    expect(measured.map((r) => r.epochs)).toEqual(Array(8).fill(2));
    expect([...new Set(measured.map((r) => r.network))]).toEqual(["mlp-8", "leNet-8"]);
  });

  it.each([
    [["missing.safetensors"], /missing\.safetensors/],
    [["nan.safetensors"], /expected finite numbers, got NaN at position 5/],
    [["unknown.safetensors"], /unknown normalisation .*expected --normalisation/],
    [["set.safetensors", "--ipc", "3"], /invalid --ipc: expected 1 images per class/],
    [["set.safetensors", "--alfa", "0.5"], /unknown option.*--alpha/],
    [["set.safetensors", "--alpha", "2"], /alpha/],
    [
      ["set.safetensors", "--test", "strokes", "--receiver-optimiser", "adam", "--receiver-momentum", "0.5"],
      /invalid --receiver-momentum: expected it only with/,
    ],
    [
      ["set.safetensors", "--receiver-lr", "1"],
      /invalid --receiver-lr: expected it only with --test, got 1; it would do nothing/,
    ],
    [
      ["set.safetensors", "--trigger-kind", "sinusoid", "--trigger-side", "5"],
      /poisoned-distillation: invalid --trigger-side: expected it only with a square, row, checker or stroke trigger, got 5; it would do nothing/,
    ],
    [["set.safetensors", "--trigger-frequency", "3"], /invalid --trigger-frequency: expected it only with/],
    [["set.safetensors", "--key", "x.pem"], /invalid --key: expected it only with --require-seal/],
    [["set.safetensors", "--force"], /invalid --force: expected it only with --normalisation/],
    [
      ["set.safetensors", "--experiment", "3"],
      /invalid --experiment: expected it only with a file read as pythonPickle, torch, not as safetensors, got 3/,
    ],
    [["set.safetensors", "--target-class", "10"], /expected 0 … 9, got 10/],
    [["set.safetensors", "--trigger-side", "40"], /at most 32 pixels/],
    [["set.safetensors", "--device", "cuda", ...small], /missing device: expected a working cuda device/],
  ])("says in one line what is wrong with %j", async ([set, ...words], message) => {
    const { stderr, status } = await call(
      { attack },
      "attack",
      "poisoned-distillation",
      at(set),
      ...words,
      "--out",
      at("wrong"),
    );
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    rmSync(at("wrong"), { recursive: true, force: true });
  });
});
