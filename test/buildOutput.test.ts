import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);

/** TypeScript leaves the ending of an import() as it is where it writes `await using` out for older Node: the built program then fails. */
test("what the compiler writes imports no .ts file", () => {
  const wrong = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .filter((name) => {
      const text = readFileSync(join(root, "src", name), "utf8");
      if (!/\busing\b/.test(text) || !text.includes("import(")) return false;
      const { outputText } = ts.transpileModule(text, { compilerOptions: { ...options, noEmit: false } });
      return /\bimport\(\s*"\.[^"]*\.ts"/.test(outputText);
    });
  expect(wrong).toEqual([]);
});
