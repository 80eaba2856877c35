import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { loadedPlugins } from "./plugins.ts";

/** What a result depends on besides its settings and data: same versions, same bytes. */
export interface Versions {
  readonly retort: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** "linux-x64". */
  readonly platform: string;
  readonly device: string;
  /** Threads of one graph; 0 = the runtime's choice. */
  readonly threads: number;
  /** SHA-256 of each plug-in, in order, joined by commas. Absent: none, as almost always. */
  readonly plugins?: string;
}

const load = createRequire(import.meta.url);

/** Name everything that this process runs with. */
export function versions(device: string, threads: number): Versions {
  return {
    retort: versionOf("../../package.json"),
    node: process.versions.node,
    onnxruntime: versionOf("onnxruntime-node/package.json"),
    platform: `${process.platform}-${process.arch}`,
    device,
    threads,
    ...(loadedPlugins().length > 0 && {
      plugins: loadedPlugins()
        .map(({ sha256 }) => sha256)
        .join(","),
    }),
  };
}

/** Read a version without loading the package. */
function versionOf(manifest: string): string {
  return (JSON.parse(readFileSync(load.resolve(manifest), "utf8")) as { version: string }).version;
}
