import type * as z from "zod";
import { DataError } from "../core/errors.ts";
import { expectation, shown } from "../core/options.ts";

/**
 * Check a JSON value against the schema of a record.
 *
 * @param who names the file in errors.
 * @throws DataError that names the first wrong member.
 */
export function parseAs<S extends z.ZodType>(schema: S, value: unknown, who: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { path } = issue;
  const name = path.join(".") || "record";
  if (issue.code === "unrecognized_keys")
    throw new DataError(`${who}: unknown ${[...path, issue.keys[0]].join(".")}: expected no such member, got one`);
  // The checks of our own schemas are written as they are to be read.
  if (issue.code === "custom") throw new DataError(`${who}: invalid ${name}: ${issue.message}`);
  const found = path.reduce<unknown>((inner, step) => (inner as Record<PropertyKey, unknown> | null)?.[step], value);
  if (found === undefined) throw new DataError(`${who}: missing ${name}: ${expectation(issue)}, got none`);
  throw new DataError(`${who}: invalid ${name}: ${expectation(issue)}, got ${shown(found)}`);
}
