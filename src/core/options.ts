import type { z } from "zod";
import { UsageError } from "./errors.ts";

/**
 * Resolve options against a schema: fill in every default and refuse what the schema does not know.
 *
 * @param who name of the method or command, the first word of an error.
 * @param spell how a path of the schema is written for the reader of an error; default "trigger.side".
 * @returns the complete settings, as they belong into a run record.
 * @throws UsageError that names the first wrong option.
 */
export function resolveOptions<S extends z.ZodObject>(
  who: string,
  schema: S,
  given: unknown,
  spell: (path: readonly PropertyKey[]) => string = (path) => path.join("."),
): z.infer<S> {
  const parsed = schema.strict().safeParse(given);
  if (parsed.success) return parsed.data as z.infer<S>;
  const [issue] = parsed.error.issues;
  if (issue.code === "unrecognized_keys") {
    const known =
      issue.path.length === 0
        ? `one of ${Object.keys(schema.shape).sort().join(", ")}`
        : `an option of ${spell(issue.path)}`;
    throw new UsageError(`${who}: unknown option: expected ${known}, got ${spell([...issue.path, issue.keys[0]])}`);
  }
  const value = valueAt(given, issue.path);
  if (value === undefined) throw new UsageError(`${who}: missing ${spell(issue.path)}: ${expectation(issue)}`);
  throw new UsageError(
    `${who}: invalid ${spell(issue.path) || "options"}: ${expectation(issue)}, got ${typeof value === "number" ? value : JSON.stringify(value)}`,
  );
}

/** zod's "Too big: expected number to be <=1" and "Invalid input: expected number, received NaN" as "expected …". */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `expected one of ${issue.values.map(String).join(", ")}`;
  const at = issue.message.indexOf("expected ");
  return at < 0 ? `expected a valid value (${issue.message})` : issue.message.slice(at).replace(/, received .*$/, "");
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  return value;
}
