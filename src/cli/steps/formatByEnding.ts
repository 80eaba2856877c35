import { lookUp, UsageError } from "../../core/errors.ts";
import { namedIn } from "../../core/spelling.ts";

/** What the end of a name asks for. A folder of pictures has none. */
const byEnding: readonly [RegExp, string][] = [
  [/\.safetensors$/i, "safetensors"],
  [/\.npz$/i, "npz"],
  [/\.pth?$/i, "torch"],
  [/\.parquet$/i, "parquet"],
  [/\.png$/i, "pictureGrid"],
  [/(^|[/\\])[^./\\]+[/\\]?$/, "imageFolder"],
];

/**
 * The format to write: the one that a person named, else by the end of the output's name.
 *
 * @throws UsageError for a format that nobody knows, or an ending that means none.
 */
export async function formatByEnding(to: string | undefined, out: string, who: string): Promise<string> {
  if (to !== undefined) {
    const { formatRegistry } = await import("../../formats/formatRegistry.ts");
    lookUp(formatRegistry, to, who, "format");
    return namedIn(Object.keys(formatRegistry), to);
  }
  const found = byEnding.find(([ending]) => ending.test(out));
  if (found) return found[1];
  throw new UsageError(`${who}: unknown format of ${out}: expected a known ending or --to FORMAT`);
}
