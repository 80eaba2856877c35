import { resolve } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { pageScript } from "../../../src/report/sweep/pageScript.ts";

const root = resolve(import.meta.dirname, "../../..");

/** The script of a sweep's page as one file of plain text. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve(root, "src/report/sweep/browser/main.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "ascii",
    logLevel: "silent",
  });
  return outputFiles[0].text.trim();
}

// After a change of what the page's script is made from: npx vitest run test/report/sweep/pageScript.test.ts -u
test("the stored script is what its sources give", async () => {
  const script = await bundle();
  await expect(
    [
      "/** The script of a sweep's page, made from browser/main.ts (test/report/sweep/pageScript.test.ts compares them). */",
      `export const pageScript: string = ${JSON.stringify(script)};`,
      "",
    ].join("\n"),
  ).toMatchFileSnapshot(resolve(root, "src/report/sweep/pageScript.ts"));
});

test("it can stand in a page and is small", () => {
  expect(pageScript).not.toMatch(/<\/script|<!--/i);
  expect(pageScript).not.toMatch(/\b(?:eval|Function|fetch|XMLHttpRequest|WebSocket|import)\s*\(/);
  expect(pageScript.length).toBeLessThan(40_000);
});
