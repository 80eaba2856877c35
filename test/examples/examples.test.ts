import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

it.each(readdirSync(resolve(root, "examples")))("examples/%s runs", (file) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", `examples/${file}`], {
    encoding: "utf8",
    cwd: root,
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toMatch(/tampered CTA 0\.\d+ ASR [01]\.\d+/);
});
