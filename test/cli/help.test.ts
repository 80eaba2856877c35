import { expect, it } from "vitest";
import * as attacks from "../../src/attack/attacks.ts";
import { attack } from "../../src/cli/commands/attack.ts";
import { kebab } from "../../src/core/spelling.ts";
import { call } from "./fakeTerminal.ts";

const all = Object.entries(attacks).map(([name, { options }]) => [kebab(name), "trigger" in options.shape] as const);

it.each(all)("the help of attack %s fits two screens, in groups", async (name, hasTrigger) => {
  const { stdout } = await call({ attack }, "attack", name, "--help");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(100);
  const heads = lines.filter((line) => /^[A-Z]\w*( Options)?:$/.test(line));
  expect(heads).toEqual(
    [
      "Arguments",
      "Attack",
      ...(hasTrigger ? ["Trigger"] : []),
      "Receivers",
      "Reading",
      "Seal",
      "Run",
      "Options",
      "Global Options",
      "Examples",
    ].map((head) => `${head}:`),
  );
  expect(stdout.split("Examples:")[1].includes("--trigger-")).toBe(hasTrigger && stdout.includes("res_DC"));
  expect(stdout).toContain("--help-all shows every option");
  expect(stdout).not.toContain("--receiver-mixing-alpha");
  const full = await call({ attack }, "attack", name, "--help-all");
  for (const flag of ["--receiver-mixing-alpha", "--max-mebibytes", "--trusted-root"])
    expect(full.stdout).toContain(flag);
  // The trigger of some is what their paper has.
  expect(full.stdout.includes("--trigger-frequency")).toBe(full.stdout.includes("--trigger-kind"));
});
