import { expect, it } from "vitest";
import * as attacks from "../../src/attack/attacks.ts";
import { attack } from "../../src/cli/commands/attack.ts";
import { distill } from "../../src/cli/commands/distill.ts";
import { kebab } from "../../src/core/spelling.ts";
import * as methods from "../../src/distill/methods.ts";
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

it("the help of distill is that of the method that is named, or of what most have, with the list of methods", async () => {
  const help = async (...words: string[]) => (await call({ distill }, "distill", ...words)).stdout;
  const [shared, dc, mtt, whole] = [
    await help("--help"),
    await help("--method", "dc", "--help"),
    await help("--method=matching-trajectories", "--help"),
    await help("--help-all"),
  ];
  expect(dc).toMatch(/--outer <integer> /);
  expect(dc).toMatch(/--preset <[a-z|]+> +settings that other flags override: dc reduced is --width/);
  // Its own defaults, and nobody else's.
  expect(dc).toMatch(/--lr-img <number> +.* \(default: 0\.1\)/);
  for (const flag of ["--student-steps", "--teacher-epochs", "mtt quick"]) expect(dc).not.toContain(flag);
  // What most methods have comes first.
  expect(dc.indexOf("--ipc")).toBeLessThan(dc.indexOf("--outer <integer>"));
  expect(mtt).toContain("--student-steps");
  expect(shared).toContain("--ipc <integer>");
  for (const flag of ["--outer", "--student-steps", "default: datm"]) expect(shared).not.toContain(flag);
  for (const { abbreviation, title } of Object.values(methods))
    expect(shared).toContain(`${abbreviation.padEnd(9)}${title}`);
  for (const flag of ["--outer", "--student-steps"]) expect(whole).toContain(flag);
  expect(JSON.parse(await help("--help", "--json")).options.length).toBeGreaterThan(60);
  // A name that is none is answered with the list.
  expect(await help("--method", "kip", "--help")).toBe(shared);
  expect(shared.trimEnd().split("\n").length).toBeLessThanOrEqual(100);
});
