import { type Command, Option } from "commander";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { resolveOptions } from "../../core/options.ts";
import { type ReadWhen, refuseIdle } from "../../core/readWhen.ts";
import { flagOf } from "./flagOf.ts";
import { groupOf, sharedRules } from "./optionGroup.ts";

/** One leaf of an options schema, as JSON Schema describes it. */
interface Leaf {
  /** Path in the schema: ["trigger", "side"]. */
  readonly path: readonly string[];
  readonly schema: JsonSchema;
  readonly fallback: unknown;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * Add one flag for every option of a schema: `trigger: { side }` becomes `--trigger-side <integer>`.
 *
 * Booleans get `--x` and `--no-x`, arrays take a comma-separated list or the flag several times, nested objects are
 * flattened. Descriptions and defaults come from `.describe()` and `.default()`. The help has groups (optionGroup.ts).
 *
 * @param all show what is rarely needed too
 */
export function addFlags(command: Command, schema: z.ZodObject, all = true): void {
  const add = (option: Option, { heading, rare }: Place) => {
    if (heading !== undefined) option.helpGroup(`${heading}:`);
    command.addOption(rare && !all ? option.hideHelp() : option);
  };
  for (const leaf of leaves(schema)) {
    const flag = flagOf(leaf.path);
    const text = describe(leaf);
    const place = placeOf(schema, leaf.path);
    if (kinds(leaf.schema).has("boolean")) {
      const on = new Option(flag, text);
      const off = new Option(`--no-${flag.slice(2)}`, text);
      // Show the one that changes something; the other stays accepted.
      (leaf.fallback === true ? on : off).hideHelp();
      add(on, place);
      add(off, place);
      sayOnce(command, flag, [on, off]);
      command.setOptionValue(on.attributeName(), undefined);
    } else if (listOf(leaf.schema)) {
      const collect = (word: string, before: string[] | undefined) => [...(before ?? []), ...word.split(",")];
      add(new Option(`${flag} <${valueName(leaf.schema)}>`, text).argParser(collect), place);
    } else {
      const single = new Option(`${flag} <${valueName(leaf.schema)}>`, text);
      add(single, place);
      sayOnce(command, flag, [single]);
    }
  }
}

/**
 * Refuse an option that is given twice, of which one word would silently win: two values, or a switch both ways. The same switch twice
 * asks for one thing. The one place for every command; lists are not handed over.
 *
 * @param ways the option, or the two ways of a switch.
 */
function sayOnce(command: Command, flag: string, ways: readonly Option[]): void {
  let before: string | undefined;
  for (const way of ways)
    command.on(`option:${way.name()}`, (value: unknown) => {
      const said = typeof value === "string" ? JSON.stringify(value) : way.long;
      if (before !== undefined && (typeof value === "string" || said !== before))
        throw new UsageError(
          `${calledAs(command)}: invalid ${flag}: expected it once, got ${before} and then ${said}; leave one out`,
        );
      before = said ?? flag;
    });
}

/** `retort data get` */
function calledAs(command: Command): string {
  return command.parent ? `${calledAs(command.parent)} ${command.name()}` : command.name();
}

/** Where an option stands in the help. */
interface Place {
  readonly heading?: string | undefined;
  /** Left to `--help-all`. */
  readonly rare?: boolean;
}

/** A group says what is commonly needed; what is nested is not, but for the trigger. */
function placeOf({ shape }: z.ZodObject, [head, ...inner]: readonly string[]): Place {
  const group = groupOf(shape[head]);
  const nested = inner.length > 0 && group?.title !== "Trigger";
  return { heading: group?.title, rare: nested || (group?.common !== undefined && !group.common.includes(group.name)) };
}

/** Whether `--help` leaves something out. */
export const hasRare = (schema: z.ZodObject): boolean => leaves(schema).some(({ path }) => placeOf(schema, path).rare);

/**
 * Read the flags back into options of the schema.
 *
 * @returns every option with its default resolved, and the paths that were written on the command line.
 * @throws UsageError that names the flag.
 */
export function readFlags<S extends z.ZodObject>(
  who: string,
  command: Command,
  schema: S,
  readWhen: readonly ReadWhen<z.infer<S>>[] = [],
): { options: z.infer<S>; given: Set<string> } {
  const input: Record<string, unknown> = {};
  const given = new Set<string>();
  for (const { path, schema: leaf } of leaves(schema)) {
    const raw: unknown = command.getOptionValue(new Option(flagOf(path)).attributeName());
    if (raw === undefined) continue;
    refuseEmpty(who, flagOf(path), raw);
    given.add(path.join("."));
    let target = input;
    for (const step of path.slice(0, -1)) {
      target[step] ??= {};
      target = target[step] as Record<string, unknown>;
    }
    const list = listOf(leaf);
    const none = kinds(leaf).has("null") && Array.isArray(raw) && raw.join() === "none";
    target[path[path.length - 1]] = none
      ? null
      : Array.isArray(raw)
        ? raw.map((word) => parseWord(word, list?.items ?? {}))
        : typeof raw === "string"
          ? parseWord(raw, leaf)
          : raw;
  }
  const options = resolveOptions(who, schema, input, flagOf);
  refuseIdle<object>(
    who,
    [...(readWhen as readonly ReadWhen<object>[]), ...sharedRules(schema)],
    options,
    given,
    flagOf,
  );
  return { options, given };
}

/** `--out "$OUT"` where nobody set OUT would mean the working folder. @throws UsageError for a text without any character. */
export function refuseEmpty(who: string, what: string, given: unknown): void {
  const words: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (words.some((word) => typeof word === "string" && word.trim() === ""))
    throw new UsageError(`${who}: missing ${what}: expected a text, got ${JSON.stringify(words.join())}`);
}

const known = new WeakMap<z.ZodObject, Leaf[]>();

/** What a person sets one by one. A schema is translated once: options are added, hidden and read from it. */
function leaves(schema: z.ZodObject): Leaf[] {
  const found = known.get(schema) ?? translated(schema);
  known.set(schema, found);
  return found;
}

function translated(schema: z.ZodObject): Leaf[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const walk = (node: JsonSchema, path: readonly string[], fallback: unknown): Leaf[] => {
    if (node.type !== "object" || !node.properties) return [{ path, schema: node, fallback: node.default ?? fallback }];
    const inherited = (node.default ?? fallback) as Record<string, unknown> | undefined;
    return Object.entries(node.properties).flatMap(([name, child]) => walk(child, [...path, name], inherited?.[name]));
  };
  return walk(json, [], undefined);
}

/** The array that a schema takes, perhaps besides "none". */
function listOf(schema: JsonSchema): JsonSchema | undefined {
  return schema.type === "array" ? schema : schema.anyOf?.find((choice) => choice.type === "array");
}

/** Every JSON type that a value of the schema may have. */
function kinds(schema: JsonSchema): Set<string> {
  if (schema.anyOf) return new Set(schema.anyOf.flatMap((choice) => [...kinds(choice)]));
  if (typeof schema.type === "object") return new Set(schema.type);
  return new Set([schema.type ?? typeof (schema.const ?? schema.enum?.[0] ?? "")]);
}

/** A word of the command line as the type that the schema wants; what does not fit stays text for the schema to refuse. */
function parseWord(word: string, schema: JsonSchema): unknown {
  const possible = kinds(schema);
  if ((possible.has("number") || possible.has("integer")) && word.trim() !== "" && Number.isFinite(Number(word)))
    return Number(word);
  if (possible.has("null") && word === "none") return null;
  return word;
}

/** What stands for the value in the help: its choices where they are short, else its kind. */
function valueName(schema: JsonSchema): string {
  if (schema.type === "array") return `${valueName(schema.items ?? {})},…`;
  const choices = choicesOf(schema);
  if (choices.length > 0 && choices.join("|").length <= 28) return choices.join("|");
  const [kind] = [...kinds(schema)].filter((name) => name !== "null");
  return choices.length > 0 ? "name" : kind === "string" ? "text" : (kind ?? "value");
}

/** The words that a schema lists, if it lists all that it takes. */
function choicesOf(schema: JsonSchema): string[] {
  if (schema.enum) return schema.enum.map(String);
  if (schema.const !== undefined) return [String(schema.const)];
  if (schema.type === "null") return ["none"];
  if (schema.type === "boolean") return [];
  const parts = (schema.anyOf ?? []).map(choicesOf);
  if (parts.some((part) => part.length === 0)) return (schema.anyOf ?? []).map((part) => valueName(part));
  return parts.flat();
}

function describe({ schema, fallback }: Leaf): string {
  const notes: string[] = [];
  const choices = choicesOf(schema.type === "array" ? (schema.items ?? {}) : schema);
  if (choices.length > 0 && choices.join("|").length > 28) notes.push(`one of ${choices.join(", ")}`);
  if (fallback !== undefined && fallback !== false) notes.push(`default: ${spelled(fallback)}`);
  return [schema.description ?? "", notes.length > 0 ? `(${notes.join("; ")})` : ""].filter(Boolean).join(" ");
}

function spelled(value: unknown): string {
  if (value === null) return "none";
  if (value === true) return "on";
  return Array.isArray(value) ? value.map(spelled).join(",") : String(value);
}
