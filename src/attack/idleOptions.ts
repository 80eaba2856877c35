import type { z } from "zod";
import { UsageError } from "../core/errors.ts";

/**
 * Refuse options that would do nothing in the chosen combination.
 *
 * @param who name of the attack
 * @param paths of the options, as in "carrier.count"
 * @param because completes "… does nothing"
 * @throws UsageError for the first that is not at its default
 */
export function refuseIdle(
  who: string,
  schema: z.ZodObject,
  options: unknown,
  paths: readonly string[],
  because: string,
): void {
  const defaults = schema.parse({});
  for (const path of paths) {
    const [standard, chosen] = [defaults, options].map((root) => JSON.stringify(at(root, path)));
    if (standard !== chosen)
      throw new UsageError(`${who}: invalid ${path}: expected ${standard}, got ${chosen}; it does nothing ${because}`);
  }
}

const at = (root: unknown, path: string): unknown =>
  path.split(".").reduce((node, name) => (node as Record<string, unknown>)[name], root);
