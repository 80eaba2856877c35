import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../core/errors.ts";
import { sha256Hex } from "../core/hash.ts";
import { readRegular } from "../disk/readRegular.ts";

/** A module of the user's own that this process runs. */
export interface Plugin {
  /** Absolute. */
  readonly path: string;
  /** Of the file. What it imports is not part of it. */
  readonly sha256: string;
}

const kinds = ["attacks", "networks", "distillationMethods", "formats", "repairs", "detectors"] as const;
const loaded: Plugin[] = [];

/** The plug-ins of this process, in the order in which they were loaded. */
export const loadedPlugins = (): readonly Plugin[] => loaded;

/**
 * Run a user's own modules and make known what they export: `attacks`, `networks`, `distillationMethods`, `formats`, `repairs`, `detectors`.
 *
 * This executes the files. Only a person names them, on the command line; no data file and no experiment file does.
 *
 * @throws UsageError for a file that is not there or does not load, and one that exports nothing of that.
 */
export async function loadPlugins(files: readonly string[], who: string): Promise<void> {
  for (const file of files) {
    const path = resolve(file);
    if (loaded.some((one) => one.path === path)) continue;
    const bytes = await readRegular(path, `${who}: invalid --plugin ${file}`).catch((error: NodeJS.ErrnoException) => {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`${who}: invalid --plugin: expected a JavaScript module, got ${file} (${error.code})`);
    });
    const found: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href).catch((error: unknown) => {
      const [message] = String(error instanceof Error ? error.message : error).split("\n");
      throw new UsageError(`${who}: invalid --plugin ${file}: expected a module that loads, got ${message}`);
    });
    const entries = Object.fromEntries(kinds.flatMap((kind) => (found[kind] ? [[kind, found[kind]]] : [])));
    if (Object.keys(entries).length === 0)
      throw new UsageError(
        `${who}: invalid --plugin ${file}: expected an export ${kinds.join(", ")}, got ${Object.keys(found).join(", ") || "none"}`,
      );
    const { register } = await import("../library/register.ts");
    register(entries);
    loaded.push({ path, sha256: sha256Hex(bytes) });
  }
}
