import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, expect, it } from "vitest";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { drawings } from "../experiment/drawings.ts";
import { program } from "../program.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-interrupted-"));
const at = (name: string) => join(folder, name);
writeFileSync(at("set.safetensors"), setToSafetensors(drawings()));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...words: string[]) =>
  spawnSync(process.execPath, [...program, ...words], { encoding: "utf8", cwd: folder });

// Three whole programs, on a machine that may be busy.
it("interrupted and started again it writes the same bytes as undisturbed", { timeout: 180_000 }, async () => {
  const words = ["attack", "poisoned-distillation", "set.safetensors", "--steps", "40", "--trajectory", "2"];
  words.push("--surrogate-width", "8", "--surrogate-hidden", "0", "--surrogate-steps", "2");
  words.push("--archetype-steps", "2", "--threads", "1");
  expect(run(...words, "--out", "whole").status).toBe(0);
  const child = spawn(process.execPath, [...program, ...words, "--out", "cut"], { cwd: folder });
  const code = await new Promise((ended) => {
    const watch = setInterval(() => {
      if (!existsSync(at("cut/config.json"))) return;
      clearInterval(watch); // a second signal would end it without saving
      child.kill("SIGINT");
    }, 100);
    child.on("exit", (status) => {
      clearInterval(watch);
      ended(status);
    });
  });
  expect([0, 130]).toContain(code);
  expect(run(...words, "--out", "cut").status).toBe(0);
  for (const name of ["tampered.safetensors", "attack.safetensors"])
    expect(readFileSync(at(`cut/${name}`)).equals(readFileSync(at(`whole/${name}`))), name).toBe(true);
});
