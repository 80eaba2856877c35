import type * as z from "zod";
import { UsageError } from "./errors.ts";
import { respelled } from "./respelled.ts";
import { didYouMean } from "./suggestion.ts";

/**
 * Resolve options against a schema: fill in every default and refuse what the schema does not know. Names may be written in
 * camel or kebab case.
 *
 * @param who name of the method or command, the first word of an error.
 * @param spell how a path of the schema is written for the reader of an error; default "trigger.side".
 * @returns the complete settings, as they belong into a run record.
 * @throws UsageError that names the first wrong option.
 */
export function resolveOptions<S extends z.ZodObject>(
  who: string,
  schema: S,
  written: unknown,
  spell: (path: readonly PropertyKey[]) => string = (path) => path.join("."),
): z.infer<S> {
  const given = respelled(schema, written);
  const parsed = schema.strict().safeParse(given);
  if (parsed.success) return parsed.data as z.infer<S>;
  const [issue] = parsed.error.issues;
  if (issue.code === "unrecognized_keys") {
    const known =
      issue.path.length === 0
        ? `one of ${Object.keys(schema.shape).sort().join(", ")}`
        : `an option of ${spell(issue.path)}`;
    const hint = issue.path.length === 0 ? didYouMean(issue.keys[0], Object.keys(schema.shape)) : "";
    throw new UsageError(
      `${who}: unknown option: expected ${known}, got ${spell([...issue.path, issue.keys[0]])}${hint}`,
    );
  }
  const value = valueAt(given, issue.path);
  if (value === undefined) throw new UsageError(`${who}: missing ${spell(issue.path)}: ${expectation(issue)}`);
  throw new UsageError(
    `${who}: invalid ${spell(issue.path) || "options"}: ${expectation(issue)}, got ${shown(value)}${choiceHint(issue, value)}`,
  );
}

/** A value as a reader wrote it, cut to a length. */
export function shown(value: unknown): string {
  const text =
    typeof value === "number" || typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "none");
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** The choice that was probably meant. */
export function choiceHint(issue: z.core.$ZodIssue, value: unknown): string {
  return issue.code === "invalid_value" ? didYouMean(value, issue.values.map(String)) : "";
}

/** zod's "Too big: expected number to be <=1" and "Invalid input: expected number, received NaN" as "expected …". */
export function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value")
    return issue.values.length === 1
      ? `expected ${String(issue.values[0])}`
      : `expected one of ${issue.values.map(String).join(", ")}`;
  const at = issue.message.indexOf("expected ");
  return at < 0 ? `expected a valid value (${issue.message})` : issue.message.slice(at).replace(/, received .*$/, "");
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  return value;
}
