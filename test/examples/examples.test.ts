import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";
import prints from "../../packaging/examplePrints.json" with { type: "json" };

const root = resolve(import.meta.dirname, "../..");

it("every example says what it prints, and no other does", () => {
  const files = readdirSync(resolve(root, "examples")).filter((name) => name.endsWith(".ts"));
  expect(Object.keys(prints).sort()).toEqual(files.sort());
});

// Those without training. packaging/tryPackage.sh runs all of them, from the package as it is installed.
it.each(["inspectHostileFile.ts", "sealAndVerify.ts"] as const)("examples/%s runs", (file) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", `examples/${file}`], {
    encoding: "utf8",
    cwd: root,
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toMatch(new RegExp(prints[file], "m"));
});
