import { join, resolve } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Packages that a module loads before anything is asked of it. */
async function loadedBy(path: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [join(root, path)],
    outdir: "out",
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    packages: "external",
    platform: "node",
    format: "esm",
    absWorkingDir: root,
  });
  const [first] = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint === path);
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (output: string) => {
    if (seen.has(output)) return;
    seen.add(output);
    for (const { path: target, kind, external } of metafile.outputs[output].imports) {
      if (kind !== "import-statement") continue;
      if (!external) visit(target);
      else if (!target.startsWith("node:")) packages.add(target);
    }
  };
  visit(first[0]);
  return [...packages].sort();
}

test.each([
  ["src/cli/main.ts", []],
  ["src/cli/shell/program.ts", ["commander"]],
  ["src/cli/summaries.ts", []],
  ["src/cli/commands.ts", []],
  ["src/cli/commands/inspect.ts", ["zod"]],
  ["src/cli/commands/run.ts", ["zod"]],
  ["src/audit/inspect/inspect.ts", ["@noble/hashes/sha2.js", "@noble/hashes/utils.js", "fflate", "pako"]],
  ["src/formats/formats.ts", ["@noble/hashes/sha2.js", "@noble/hashes/utils.js", "fflate", "pako"]],
  ["src/disk/jpegDecoder.ts", []],
])("%s loads %j before anything is asked of it", async (path, packages) => {
  expect(await loadedBy(path)).toEqual(packages);
});
