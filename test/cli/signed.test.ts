import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { attack } from "../../src/cli/commands/attack.ts";
import { convert } from "../../src/cli/commands/convert.ts";
import { diff } from "../../src/cli/commands/diff.ts";
import { evaluate } from "../../src/cli/commands/evaluate.ts";
import { inspect } from "../../src/cli/commands/inspect.ts";
import { search } from "../../src/cli/commands/search.ts";
import { gitPaths } from "../../src/seal/manifest.ts";
import { sealFiles } from "../../src/seal/staging.ts";
import { greyPng } from "../formats/pictureFixtures.ts";
import { call } from "./fakeTerminal.ts";
import { publisher } from "./publisher.ts";

const desk = publisher();
const gated = { attack, convert, diff, evaluate, inspect, search };
const page = readFileSync(resolve(import.meta.dirname, "../../docs/sealing.md"), "utf8");

/** What lies in the folder when it is sealed, and who answers for it: the rule "Which files" of docs/sealing.md. */
const table: readonly (readonly [path: string, by: "the seal" | "its own signature" | "nobody", read?: true])[] = [
  ["0/0.png", "the seal", true],
  [".hidden", "the seal"],
  ["deep/notes.txt", "the seal", true],
  ["deep/.gitignore", "the seal"],
  ["README.md", "the seal"],
  ["croissant.json", "the seal"],
  ["model.sig", "its own signature"],
  ["retort.provenance.json", "its own signature"],
  ["retort.tensors.json", "its own signature"],
  ...gitPaths.map((path) => [path === ".git" || path === ".github" ? `${path}/config` : path, "nobody"] as const),
  ["draft.txt", "nobody"],
];

/** Every command that opens sets, behind the gate, as it would run. */
const lines = (set: string, key: string): readonly (readonly string[])[] =>
  [
    ["inspect", set],
    ["convert", set, desk.at(`out-${Math.random()}.npz`)],
    ["diff", set, set],
    ["evaluate", set],
    ["attack", "bad-nets", set],
    ["search", set],
  ].map((words) => [...words, "--require-seal", "--key", key]);

/** Made by `seal`. */
const made = new Set(["0/0.png", ...sealFiles]);

/** Class folders of pictures and more, sealed. */
async function sealed(): Promise<(path: string) => string> {
  const at = (path: string) => join(desk.folder, path);
  for (const [path] of table) {
    if (made.has(path)) continue;
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), "as it was\n");
  }
  rmSync(at("set.safetensors"));
  for (const [k, value] of [3, 90].entries()) {
    mkdirSync(at(String(k)), { recursive: true });
    writeFileSync(at(`${k}/0.png`), greyPng(8, value));
  }
  const { status, stderr } = await desk.sealIt("--ignore", "draft.txt");
  expect([status, stderr]).toEqual([0, stderr]);
  return at;
}

describe("what a seal covers", () => {
  test("stands in the document", () => {
    const rule = /- \*\*Which files\.\*\*[\s\S]*?\n- /.exec(page)?.[0] ?? "";
    for (const path of gitPaths) expect(rule).toContain(`\`${path}\``);
    expect(rule).toContain("`--ignore`");
    for (const name of ["model.sig", "croissant.json", "README.md", "retort.provenance.json", "retort.tensors.json"])
      expect(page).toMatch(new RegExp(`^\\| \`${name.replaceAll(".", "\\.")}\` \\|`, "m"));
  });

  const rows = table.map(([path, by, read]) => ({ path, by, read }));
  test.each(rows)("$path, changed afterwards: $by answers for it, for every command", async ({ path, by, read }) => {
    const at = await sealed();
    expect((await desk.verifyIt()).status).toBe(0);
    appendFileSync(at(path), "x");
    const found = await desk.verifyIt();
    expect([path, found.status, found.stdout]).toEqual([path, by === "nobody" ? 0 : 1, found.stdout]);
    if (by === "its own signature") return;
    for (const words of lines(desk.folder, desk.at("lab.pub"))) {
      // What the gate lets through would be trained on. It hashes what is read, so that a changed file is never used.
      if (!read && !["inspect", "convert", "diff"].includes(words[0])) continue;
      const { status, stderr } = await call(gated, ...words);
      expect([words[0], status, stderr]).toEqual(
        !read ? [words[0], 0, stderr] : [words[0], 1, expect.stringMatching(/seal|signed/)],
      );
    }
  });
});
