import { defineConfig } from "vitest/config";

// Two test files at a time: most machines Retort meets have two cores, and the engine takes a thread per file.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/compileProgram.ts"],
    setupFiles: ["test/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
