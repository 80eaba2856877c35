import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Move a file or folder out of the way without losing it: `NAME.damaged`, `NAME.damaged-2`, …
 *
 * @returns its new name; undefined if it was gone already (another process has set it aside).
 */
export async function setAside(path: string): Promise<string | undefined> {
  for (let i = 1; ; i++) {
    const name = `${basename(path)}.damaged${i === 1 ? "" : `-${i}`}`;
    const place = join(dirname(path), name);
    if (existsSync(place)) continue;
    try {
      await rename(path, place);
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}
