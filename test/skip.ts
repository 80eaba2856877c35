import { appendFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { expect, inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** File that the reasons of skipped tests are noted in. */
    skips: string;
  }
}

const root = resolve(import.meta.dirname, "..");

/**
 * Say why tests are skipped: `describe.skipIf(skip(!python, "no Python with PyTorch"))`. The end of a run lists every skipped
 * test with the reasons of its file; a run with a skipped test that nobody gave a reason for fails.
 *
 * @returns `when`.
 */
export function skip(when: boolean, reason: string): boolean {
  const file = relative(root, expect.getState().testPath ?? "");
  if (when) appendFileSync(inject("skips"), `${JSON.stringify({ file, reason })}\n`);
  return when;
}
