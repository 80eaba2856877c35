import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, inject, test } from "vitest";

/** Compilers leave the ending of some imports as it is; the built program then fails where it first gets there. */
test("what is built imports no .ts file", () => {
  const dist = dirname(dirname(inject("program")));
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  expect(files.length).toBeGreaterThan(50);
  const wrong = files.filter((name) =>
    /(from|import)\s*\(?\s*"\.[^"]*\.ts"/.test(readFileSync(join(dist, name), "utf8")),
  );
  expect(wrong).toEqual([]);
});
