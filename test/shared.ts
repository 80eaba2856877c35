import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where real files for tests lie: `RETORT_SHARED`, or `../shared/data` beside the repository. */
export const sharedRoot = process.env.RETORT_SHARED ?? fileURLToPath(new URL("../../shared/data", import.meta.url));

/** Full path of a real file or folder, undefined where it is absent: tests then skip and say so. */
export function sharedData(path = ""): string | undefined {
  const full = join(sharedRoot, path);
  return existsSync(full) ? full : undefined;
}
