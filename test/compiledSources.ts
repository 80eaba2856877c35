import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { build } from "esbuild";
import type { Plugin } from "vitest/config";

const root = resolve(import.meta.dirname, "..");
const sources = join(root, "src") + sep;

/** Where the sources lie compiled, file for file; the program beside them. */
export const compiledFolder = join(tmpdir(), `retort-compiled-${process.pid}`);

/**
 * Lead tests to sources that are compiled already: Node opens them by itself, where Vitest would ask its main process for each of three
 * hundred in every test file.
 */
export const compiledSources: Plugin = {
  name: "compiled sources",
  enforce: "pre",
  resolveId(source, importer) {
    if (source === "zod") return zod;
    if (!importer || !/^\.{1,2}\/.*\.ts$/.test(source)) return undefined;
    const path = resolve(dirname(importer), source);
    return path.startsWith(sources) ? compiledPath(path) : undefined;
  },
};

/** In one file: its own hundred take longer to open than the sources of a test do. */
const zod = join(compiledFolder, "zod.js");

const compiledPath = (path: string) => join(compiledFolder, relative(root, path).replace(/\.ts$/, ".js"));

export async function compileSources(): Promise<void> {
  await build({ entryPoints: [join(root, "node_modules/zod/index.js")], outfile: zod, bundle: true, format: "esm" });
  await build({
    absWorkingDir: root,
    entryPoints: ["src/**/*.ts"],
    outdir: join(compiledFolder, "src"),
    outbase: "src",
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    sourcemap: true,
    logLevel: "warning",
    plugins: [
      {
        name: "file for file",
        setup(build) {
          build.onResolve({ filter: /^zod$/ }, () => ({ path: zod, external: true }));
          build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path }) => ({
            path: path.replace(/ts$/, "js"),
            external: true,
          }));
        },
      },
    ],
  });
}
