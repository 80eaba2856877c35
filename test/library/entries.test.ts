import { resolve } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Files of ours and packages that an entry loads at once, and those that it loads when they are needed. */
async function loads(entry: string, platform: "browser" | "node"): Promise<{ own: string[]; packages: string[] }> {
  const { metafile } = await build({
    entryPoints: [resolve(root, `src/${entry}.ts`)],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform,
    packages: "external",
    logLevel: "silent",
  });
  const own = Object.keys(metafile.inputs).map((path) => path.replace(/^.*src\//, "src/"));
  const packages = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  return { own, packages: [...new Set(packages)].sort() };
}

describe("what each entry of the package loads", () => {
  it.each(["index", "formats", "inspect", "report", "engine"])("%s is free of Node", async (entry) => {
    const { packages } = await loads(entry, "browser");
    expect(packages.filter((path) => path.startsWith("node:"))).toEqual([]);
  });

  it.each([
    ["formats", ["src/engine/", "src/report/", "src/attack/", "src/seal/", "src/experiment/", "src/train/"]],
    ["inspect", ["src/engine/", "src/report/", "src/attack/", "src/seal/", "src/experiment/", "src/train/"]],
    ["report", ["src/engine/", "src/data/", "src/attack/", "src/seal/", "src/experiment/", "src/train/"]],
    ["engine", ["src/data/", "src/report/", "src/attack/", "src/seal/", "src/experiment/"]],
    ["seal", ["src/engine/", "src/report/", "src/attack/", "src/experiment/"]],
    ["index", ["src/seal/", "src/experiment/", "src/cli/"]],
    ["node", ["src/cli/"]],
  ])("%s leaves the others alone", async (entry, others) => {
    const { own } = await loads(entry, "node");
    expect(own.length).toBeGreaterThan(3);
    expect(own.filter((path) => others.some((other) => path.startsWith(other)))).toEqual([]);
  });
});
