import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { exitStatus, statuses } from "../../src/cli/shell/exit.ts";
import { summaries } from "../../src/cli/summaries.ts";
import { kebab } from "../../src/core/spelling.ts";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/exit-status.md"), "utf8");

test("the document and the program name the same statuses", () => {
  const rows = [...page.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)].map(([, status, meaning]) => [
    Number(status),
    meaning.trim(),
  ]);
  expect(rows).toEqual(Object.entries(exitStatus).map(([status, meaning]) => [Number(status), meaning]));
  expect(statuses).toContain("1 a finding or a broken policy");
});

test.each(Object.keys(registry))("the document says what %s may end with", (name) => {
  expect(page).toMatch(new RegExp(`^\\| [^|]*\`${kebab(name)}\`[^|]* \\|`, "m"));
});

test.each(Object.entries(registry))("the list of commands says of %s what it says itself", async (name, load) => {
  const { summary, arguments: args } = await load();
  expect(summaries[name]).toEqual({ summary, ...(args && { arguments: Object.keys(args) }) });
});

test("the list of commands has no other", () => {
  expect(Object.keys(summaries)).toEqual(Object.keys(registry));
});
