import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { expect, it } from "vitest";

const src = resolve(import.meta.dirname, "../../src");
const entries = ["index", "node", "formats", "inspect", "seal", "report", "engine"];

/** Names that a file exports as values, by the file that defines them. */
function exportsOf(file: string): [name: string, file: string][] {
  const text = readFileSync(file, "utf8");
  const lists = [...text.matchAll(/^export \{([^}]*)\} from "([^"]+)"/gm)];
  return lists.flatMap(([, names, from]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "))
      .map((name): [string, string] => [name, resolve(dirname(file), from)]),
  );
}

/** The docstring of an exported function, undefined for what is none. */
function docOf(name: string, file: string): string | undefined {
  const text = readFileSync(file, "utf8");
  const further = exportsOf(file).find(([own]) => own === name);
  if (further) return docOf(...further);
  const found = new RegExp(
    String.raw`((?:/\*\*(?:(?!\*/)[\s\S])*\*/\s*)?)(?://[^\n]*\n\s*)?export (?:(?:async )?function\*?|const) ${name}\b([^\n]*(?:\n[^\n]*)?)`,
  ).exec(text);
  if (!found) return undefined;
  const isFunction = !/^export const /m.test(found[0].slice(found[1].length)) || /=>/.test(found[2]);
  return isFunction ? found[1] : undefined;
}

const functions = entries.flatMap((entry) =>
  exportsOf(resolve(src, `${entry}.ts`)).flatMap(([name, file]) => {
    const doc = docOf(name, file);
    return doc === undefined ? [] : [[entry, name, doc] as const];
  }),
);

it("every function of the library has an example", () => {
  expect(functions.length).toBeGreaterThan(80);
  const without = functions.filter(([, , doc]) => !doc.includes("@example"));
  expect(without.map(([entry, name]) => `${entry}: ${name}`)).toEqual([]);
});
