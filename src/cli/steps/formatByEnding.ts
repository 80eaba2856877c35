import { lookUp, UsageError } from "../../core/errors.ts";
import { namedIn } from "../../core/spelling.ts";

/**
 * The format to write: the one that a person named, else by the end of the output's name.
 *
 * @throws UsageError for a format that nobody knows, or an ending that means none.
 */
export async function formatByEnding(to: string | undefined, out: string, who: string): Promise<string> {
  const [{ formatRegistry }, { formatOfName, knownEndings }] = await Promise.all([
    import("../../formats/formatRegistry.ts"),
    import("../../formats/formatOfName.ts"),
  ]);
  if (to !== undefined) {
    lookUp(formatRegistry, to, who, "format");
    return namedIn(Object.keys(formatRegistry), to);
  }
  const found = formatOfName(out);
  if (found !== undefined) return found;
  throw new UsageError(
    `${who}: unknown format of ${out}: expected a name that ends in ${knownEndings().join(", ")}, one without an ending, or --to FORMAT`,
  );
}
