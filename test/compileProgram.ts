import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import type { TestProject } from "vitest/node";
import { bundle } from "../packaging/bundle.ts";
import { compiledFolder, compileSources } from "./compiledSources.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the compiled program. */
    program: string;
  }
}

const root = resolve(import.meta.dirname, "..");

/**
 * Compile the sources, file for file, and the program once for all tests: Vitest calls this for every project, one after another.
 */
export async function setup(project: TestProject): Promise<void> {
  if (process.env.RETORT_COMPILED !== compiledFolder) {
    process.env.RETORT_COMPILED = compiledFolder;
    // A process of the same number may have been killed.
    rmSync(compiledFolder, { recursive: true, force: true });
    mkdirSync(compiledFolder);
    cpSync(join(root, "package.json"), join(compiledFolder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(compiledFolder, "node_modules"), "junction");
    await compile();
    project.onTestsRerun(compile);
  }
  project.provide("program", join(compiledFolder, "dist/cli/main.js"));
}

async function compile(): Promise<void> {
  await Promise.all([bundle(join(compiledFolder, "dist")), compileSources()]);
}

export function teardown(): void {
  rmSync(compiledFolder, { recursive: true, force: true });
}
