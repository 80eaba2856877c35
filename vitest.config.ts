import { defineConfig } from "vitest/config";
import { skipsFile } from "./test/skipReporter.ts";

// Two test files at a time: most machines Retort meets have two cores, and the engine takes a thread per file.
export default defineConfig({
  test: {
    globalSetup: ["test/compileProgram.ts"],
    setupFiles: ["test/setup.ts"],
    reporters: ["default", "./test/skipReporter.ts"],
    provide: { skips: skipsFile },
    pool: "forks",
    maxWorkers: 2,
    // All files share two processes, so that modules are loaded once; setup.ts sees to it that none leaves sessions open for the next.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "short", include: ["test/**/*.test.ts"], exclude: ["test/**/*.long.test.ts"] } },
      // Whole sweeps that are killed, other programs asked about thousands of files, every network beside PyTorch: `npm run test:long`.
      { extends: true, test: { name: "long", include: ["test/**/*.long.test.ts"] } },
    ],
  },
});
