import { defineConfig } from "vitest/config";
import { skipsFile } from "./test/skipReporter.ts";

/** Tests without the engine. They share two processes, so that modules are loaded once; the others get one each. */
const light = ["audit/inspect", "core", "data", "formats", "metrics", "report", "seal"].map((f) => `test/${f}/**/*.test.ts`);

// Two test files at a time: most machines Retort meets have two cores, and the engine takes a thread per file.
export default defineConfig({
  test: {
    globalSetup: ["test/compileProgram.ts"],
    setupFiles: ["test/setup.ts"],
    reporters: ["default", "./test/skipReporter.ts"],
    provide: { skips: skipsFile },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "light", include: light, isolate: false } },
      { extends: true, test: { name: "engine", include: ["test/**/*.test.ts"], exclude: light } },
    ],
  },
});
