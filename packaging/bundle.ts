/**
 * Write the program and every entry of the library as few files, in which what several of them need stands once.
 *
 * A start opens a handful of files so, where it opened three hundred; and a plug-in that imports the library meets the very registries of the
 * program. Zod is written along, because its own hundred files take longer to open than Retort does; everything else stays a dependency.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  dependencies: object;
  optionalDependencies: object;
};
const library = ["index", "node", "engine", "formats", "inspect", "report", "seal"];

/** @param folder where `cli/main.js` and the entries of the library are written; package.json must lie right above it. */
export async function bundle(folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [
      ...library.map((name) => ({ in: `src/${name}.ts`, out: name })),
      { in: "src/cli/main.ts", out: "cli/main" },
      // Beside the parts, where the code that starts it looks for it.
      { in: "src/experiment/sweep/trialProcess.ts", out: "parts/trialProcess" },
    ],
    outdir: folder,
    chunkNames: "parts/[name]-[hash]",
    bundle: true,
    splitting: true,
    sourcemap: true,
    sourcesContent: false,
    external: Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => name !== "zod"),
    platform: "node",
    format: "esm",
    target: "node20.19",
    logLevel: "warning",
  });
  copyFileSync(join(root, "node_modules/zod/LICENSE"), join(folder, "zod.LICENSE"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(join(root, "dist"));
