import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const entries = Object.keys(
  (JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { exports: Record<string, unknown> }).exports,
)
  .filter((name) => name !== "./package.json")
  .map((name) => (name === "." ? "index" : name.slice(2)));

// After a change of what the package exports: npx vitest run test/library/names.test.ts -u
it("the exported names are those that were agreed on", async () => {
  const files = entries.map((entry) => resolve(root, `src/${entry}.ts`));
  const { config } = ts.readConfigFile(resolve(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // What lies outside is nobody's to export here, and takes ten seconds to read.
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, ...rest) =>
    file.includes("/node_modules/")
      ? ts.createSourceFile(file, "", ts.ScriptTarget.Latest)
      : getSourceFile(file, ...rest);
  const program = ts.createProgram(files, { ...options, noLib: true }, host);
  const checker = program.getTypeChecker();
  const list = files.map((file, i) => {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    const names = checker.getExportsOfModule(symbol).map((one) => {
      const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
      return `${target.flags & ts.SymbolFlags.Value ? "" : "type "}${one.name}`;
    });
    return `${entries[i]}\n${names
      .sort()
      .map((name) => `  ${name}`)
      .join("\n")}\n`;
  });
  await expect(list.join("\n")).toMatchFileSnapshot("names.txt");
});
