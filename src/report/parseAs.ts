import type * as z from "zod";
import { DataError } from "../core/errors.ts";

/**
 * Check a JSON value against the schema of a record.
 *
 * @param who names the file in errors.
 * @throws DataError that names the first wrong member.
 */
export function parseAs<S extends z.ZodType>(schema: S, value: unknown, who: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new DataError(`${who}: invalid ${path.join(".") || "record"}: ${message}`);
}
