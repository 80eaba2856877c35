import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { bundle } from "../packaging/bundle.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the compiled program. */
    program: string;
  }
}

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "retort-program-"));

let compiled: Promise<void> | undefined;

/** Compile the program once for all tests that start it: from the sources, each start would translate them anew. */
export async function setup(project: TestProject): Promise<void> {
  compiled ??= prepare();
  await compiled;
  project.provide("program", join(folder, "dist/cli/main.js"));
  project.onTestsRerun(compile);
}

async function prepare(): Promise<void> {
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  await compile();
}

async function compile(): Promise<void> {
  await bundle(join(folder, "dist"));
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
