import { type Inspection, inspect as inspectSource } from "../audit/inspect/inspect.ts";
import { UsageError } from "../core/errors.ts";
import { told } from "../data/checkSet.ts";
import type { Opened, Source } from "../formats/Format.ts";
import { memorySource } from "../formats/memorySource.ts";
import type { OpenOptions } from "../formats/open.ts";

/**
 * Say what a file is, executing nothing in it: what it holds, what was done to its pixels, what is odd or dangerous.
 *
 * @param file its bytes, or a source of several files (`memoryFolder`, or `source` of `retort-dd/node`)
 * @returns the inspection, and the set where there is one. A hostile or broken file is an answer, not an error.
 * @throws UsageError for a mistake of the caller only.
 * @example
 * const { inspection } = await inspect(bytes);
 * if (inspection.verdict !== "fine") console.log(inspection.findings);
 */
export async function inspect(
  file: Uint8Array | Source,
  options: OpenOptions = {},
): Promise<{ inspection: Inspection; set?: Opened["set"] }> {
  if (file instanceof Uint8Array) return inspectSource(memorySource(file), options);
  if (Array.isArray(file?.files)) return inspectSource(file, options);
  throw new UsageError(
    `inspect: invalid file: expected its bytes or a source of files, got ${told(file)}; read a path first, or inspect(await source(path)) with source of retort-dd/node`,
  );
}
