import { defineConfig } from "vitest/config";
import { compiledSources } from "./test/compiledSources.ts";
import { skipsFile } from "./test/skipReporter.ts";

const all = ["test/**/*.test.ts"];
/** Whole runs and sweeps that are killed, stopped everywhere or damaged, other programs asked about thousands of files, every network beside PyTorch: `npm run test:long`. */
const long = ["test/**/*.long.test.ts"];
/**
 * Tests without the engine. They share two processes, so that modules are loaded once. The others get one each: the runtime
 * lets a thread flush denormal numbers to zero for good, and registries keep what a test registers.
 */
const light = ["audit/inspect", "core", "data", "formats", "metrics", "report", "seal"].map((f) => `test/${f}/**/*.test.ts`);
const setupFiles = ["test/nothingLeftOpen.ts"];

// Two test files at a time: most machines Retort meets have two cores, and the engine takes a thread per file.
export default defineConfig({
  plugins: [compiledSources],
  test: {
    server: { deps: { external: [/retort-compiled-/] } },
    execArgv: ["--enable-source-maps"],
    globalSetup: ["test/compileProgram.ts"],
    setupFiles: ["test/setup.ts"],
    reporters: ["default", "./test/skipReporter.ts"],
    provide: { skips: skipsFile },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "light", include: light, exclude: long, isolate: false } },
      { extends: true, test: { name: "engine", include: all, exclude: [...light, ...long], setupFiles } },
      { extends: true, test: { name: "long", include: long, setupFiles } },
    ],
  },
});
