import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { hasColours } from "../../src/cli/shell/colours.ts";
import { shellQuoted } from "../../src/cli/shell/shellQuoted.ts";
import { table } from "../../src/cli/shell/table.ts";

const rows = [
  { name: "retort-of-glass", what: "a vessel with a long neck that points down, for distilling liquids", n: 12 },
  { name: "alembic", what: "two vessels joined by a tube", n: 3 },
];
const columns = [
  { title: "name", of: (row: (typeof rows)[0]) => row.name },
  { title: "what it is", of: (row: (typeof rows)[0]) => row.what },
  { title: "number", of: (row: (typeof rows)[0]) => row.n },
];

test.each([200, 80, 60, 45, 34, 30, 20])("a table fits into %i columns and loses no letter", (room) => {
  const text = table(rows, columns, room);
  for (const line of text.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(room);
  const count = (of: string, letter: string) => of.split(letter).length;
  const all = rows.map(({ name, what, n }) => name + what + n).join("");
  for (const letter of new Set(all.replace(/ /g, "")))
    expect(count(text, letter)).toBeGreaterThanOrEqual(count(all, letter));
  expect(text === table(rows, columns)).toBe(room === 200);
});

test("columns of numbers are not broken", () => {
  const wide = table(rows, columns, 45).split("\n");
  expect(wide[1]).toMatch(/^─+ {2}─+ {2}──────$/);
  expect(wide[2]).toMatch(/12$/);
});

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { NO_COLOR: "1" }, false],
  [{ isTTY: true }, { NO_COLOR: "" }, true],
  [{ isTTY: true }, { TERM: "dumb" }, false],
  [{ isTTY: false }, {}, false],
  [{}, {}, false],
])("colours for %j with %j: %s", (sink, environment, wanted) => {
  expect(hasColours(sink, environment)).toBe(wanted);
});

test.runIf(existsSync("/bin/bash"))("a shell reads every word back as it was", () => {
  const words = [
    "new\nline",
    "tab\tand 'quote' \\ \u0085\u001b",
    "two  spaces",
    "`date` $(id) $x !!",
    "é 日",
    "-dash",
    "",
    "~",
    "a\\nb",
  ];
  const line = shellQuoted(["printf", "%s\\0", ...words]);
  expect(line).not.toMatch(/\p{Cc}/u);
  for (const LC_ALL of ["C", "C.UTF-8"])
    expect(execFileSync("/bin/bash", ["-c", line], { encoding: "utf8", env: { LC_ALL } }).split("\0")).toEqual([
      ...words,
      "",
    ]);
});

test("a call is quoted as a shell reads it, without a password", () => {
  expect(shellQuoted(["retort", "attack", "my set.pt", "--where", "a=b", "it's", "", "$HOME", "*"])).toBe(
    `retort attack 'my set.pt' --where a=b 'it'\\''s' '' '$HOME' '*'`,
  );
  expect(shellQuoted(["--queue", "redis://me:secret@host:1/0"])).not.toContain("secret");
});
