import * as z from "zod";
import { UsageError } from "../../core/errors.ts";

/** Flag of the commands that take an attack's options from a file. */
export const settingsFileOption = z
  .string()
  .optional()
  .describe("YAML or JSON file of the attack's options; flags override it");

/**
 * Read a file of settings: some of the options of a schema, nested, in YAML or JSON.
 *
 * @returns nothing without a path. @throws UsageError with file, line and what to write.
 */
export async function settingsFile(
  path: string | undefined,
  schema: z.ZodObject,
  who: string,
): Promise<Record<string, unknown>> {
  if (path === undefined) return {};
  const [{ readYaml }, { loosened }, { readText }] = await Promise.all([
    import("../../experiment/plan/readYaml.ts"),
    import("../../experiment/plan/loosened.ts"),
    import("../../disk/readText.ts"),
  ]);
  const { value } = readYaml(loosened(schema), await readText(path, who, "options"), path, "options");
  // Whoever names a file asks for what it says: one that says nothing is a mistake, not a wish for the defaults.
  if (Object.keys(value as object).length === 0)
    throw new UsageError(
      `${who}: missing options in ${path}: expected at least one, got none; leave --options out for the defaults`,
    );
  return value as Record<string, unknown>;
}
