import * as z from "zod";
import { choiceHint, expectation, shown } from "../../core/options.ts";
import { didYouMean } from "../../core/suggestion.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** What is wrong with a value and where, in the words of the error messages. `what` names the whole. */
export function describeIssue(
  schema: z.ZodType,
  given: Issue,
  root: unknown,
  what: string,
  hint: (path: Path, value: unknown) => string = () => "",
): { path: Path; message: string } {
  const { issue, path } = innermost(given, []);
  const name = path.join(".") || what;
  if (issue.code === "unrecognized_keys") {
    const [key] = issue.keys;
    const names = [...knownKeys(schema, path)].sort();
    const known = names.join(", ");
    return {
      path: [...path, key],
      message: `unknown member ${[...path, key].join(".")}: expected one of ${known}, got ${key}${didYouMean(key, names)}`,
    };
  }
  const value = valueAt(root, path);
  const expected = expectation(issue);
  if (value === undefined) return { path, message: `missing ${name}: ${expected}, got none` };
  return {
    path,
    message: `invalid ${name}: ${expected}, got ${shown(value)}${choiceHint(issue, value) || hint(path, value)}`,
  };
}

/** Of a union the branch that was meant: not of another kind, then the one with the fewest complaints. */
function innermost(issue: Issue, before: Path): { issue: Issue; path: Path } {
  const path = [...before, ...issue.path];
  if (issue.code === "invalid_key") return { issue, path };
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return { issue, path };
  const [best] = [...issue.errors].sort((a, b) => mismatch(a) - mismatch(b));
  return innermost(withAllNames(best[0], issue.errors), path);
}

/** A name that no branch of a union knows: all that one of them would have taken. */
function withAllNames(found: Issue, branches: readonly (readonly Issue[])[]): Issue {
  if (found.code !== "invalid_value") return found;
  const place = found.path.join(".");
  const same = branches.flatMap((issues) =>
    issues.flatMap((one) => (one.code === "invalid_value" && one.path.join(".") === place ? one.values : [])),
  );
  return { ...found, values: [...new Set(same)] };
}

/** Members that say which branch of a union is meant. */
const kinds: readonly PropertyKey[] = ["method", "file", "distil"];

const mismatch = (issues: readonly Issue[]): number =>
  issues.reduce((sum, { code, path, ...issue }) => {
    const otherKind = path.length === 0 ? code === "invalid_type" : kinds.includes(path[0]);
    const foreign =
      code === "unrecognized_keys" && (issue as { keys: string[] }).keys.some((key) => kinds.includes(key));
    return sum + (otherKind || foreign ? 100 : 1);
  }, 0);

/** Names that may stand at a place. */
function knownKeys(schema: z.ZodType, path: Path): Set<string> {
  let here = [schema];
  for (const step of path) here = here.flatMap((one) => memberOf(one, step));
  return new Set(here.flatMap(branches).flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : [])));
}

function memberOf(schema: z.ZodType, step: PropertyKey): z.ZodType[] {
  return branches(schema).flatMap((one) => {
    if (one instanceof z.ZodObject && Object.hasOwn(one.shape, step)) return [one.shape[String(step)] as z.ZodType];
    if (one instanceof z.ZodRecord) return [one.valueType as z.ZodType];
    if (one instanceof z.ZodArray) return [one.element as z.ZodType];
    return [];
  });
}

function branches(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return branches(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((one) => branches(one as z.ZodType));
  return [schema];
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step],
    root,
  );
}
