import type { DistilledSet } from "../data/DistilledSet.ts";
import { writeFiles } from "../disk/writeFiles.ts";
import { convert } from "../formats/convert.ts";
import { formatOfName } from "../formats/formatOfName.ts";

export interface SaveSettings {
  /** Name of the format. Default: by the ending of the path (`.npz`, `.pt`, …), otherwise safetensors, which loses nothing. */
  readonly format?: string;
  /** Replace what is there. Default: refuse. */
  readonly overwrite?: boolean;
}

/**
 * Write a set to a file or folder: whole or not at all.
 *
 * @returns the paths written, and what the format could not hold.
 * @throws UsageError if something is there, or the format cannot hold the set.
 * @example
 * await save(tampered, "tampered.safetensors");
 */
export async function save(
  set: DistilledSet,
  path: string,
  { format = formatFor(path), overwrite = false }: SaveSettings = {},
): Promise<{ readonly paths: readonly string[]; readonly losses: readonly string[] }> {
  const { files, losses } = await convert(set, format);
  return { paths: await writeFiles(path, files, overwrite), losses };
}

/** A name without an ending asks `convert` for pictures, which lose bits; here it asks for nothing. */
function formatFor(path: string): string {
  const format = /\.[^./\\]+$/.test(path) ? formatOfName(path) : undefined;
  return format ?? "safetensors";
}
