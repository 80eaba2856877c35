import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { respelled } from "../../core/respelled.ts";
import { namedIn } from "../../core/spelling.ts";
import { describeIssue } from "./describeIssue.ts";

type Path = readonly PropertyKey[];
/** "exp.yaml:12:5": where a member stands, or the nearest one around it. */
export type Where = (path: Path) => string;

/**
 * Read a file of settings, YAML or JSON, and check it.
 *
 * @param what the whole file is, for errors.
 * @param hint what to write instead of a value that is of the wrong kind; "" where nothing is known.
 * @returns the value as it was written: members keep their order, and none gets a default.
 * @throws UsageError with file, line, column and what to write.
 */
export function readYaml<S extends z.ZodType>(
  schema: S,
  text: string,
  file: string,
  what: string,
  hint: (path: Path, value: unknown) => string = () => "",
): { value: z.input<S>; where: Where } {
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const document = parsed(text, lines, file);
  const [broken] = [...document.errors, ...document.warnings];
  if (broken?.code === "MULTIPLE_DOCS")
    throw new UsageError(`${at(broken.pos[0])}: invalid YAML: expected one document, got several, parted by ---`);
  if (broken) throw new UsageError(`${at(broken.pos[0])}: invalid YAML: expected a document, got: ${flat(broken)}`);
  const strange = strangeKey(document);
  if (strange !== undefined)
    throw new UsageError(`${at(strange)}: invalid YAML: expected a word as the name of a member, got a list or a map`);
  const lost = missingAnchor(document);
  if (lost)
    throw new UsageError(
      `${at(lost.range?.[0] ?? 0)}: invalid YAML: expected an anchor &${lost.source} before it, got *${lost.source} alone`,
    );

  const where: Where = (path) => {
    for (let n = path.length; n > 0; n--) {
      const parent = n === 1 ? document.contents : nodeAt(document, path.slice(0, n - 1));
      const name = path[n - 1];
      const pair =
        isMap(parent) && parent.items.find(({ key }) => isScalar(key) && isNamed(String(key.value), String(name)));
      const node = pair ? pair.key : nodeAt(document, path.slice(0, n));
      const range = (node as { range?: readonly number[] | null } | undefined)?.range;
      if (range) return at(range[0]);
    }
    return file;
  };

  const value = respelled(schema, plain(document, file) ?? {});
  const checked = schema.safeParse(value);
  if (checked.success) return { value: value as z.input<S>, where };
  const { path, message } = describeIssue(schema, checked.error.issues[0], value, what, hint);
  throw new UsageError(`${where(path)}: ${message}`);
}

/** Chosen: settings are a few levels deep, and each alias of a file that a person wrote stands for a few values. */
const mostLevels = 32;
const mostAliases = 100;

/** Chosen: far more than settings need, far less than what exhausts the stack of a parser that calls itself. */
const mostNested = 200;

/** @throws UsageError for text that is nested too deeply for the parser: it calls itself for each level. */
function parsed(text: string, lineCounter: LineCounter, file: string) {
  if (isNested(text))
    throw new UsageError(`${file}: invalid YAML: expected a document of at most ${mostLevels} levels, got more`);
  // No types of its own: a date or bytes would be no settings. `<<: *base` is of YAML 1.1, and what people write all the same.
  return parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    schema: "core",
    resolveKnownTags: false,
    merge: true,
  });
}

/** Whether brackets, indentation or signs at the start of a line open more levels than that. Quotes are not looked at. */
function isNested(text: string): boolean {
  let open = 0;
  let start = 0;
  let inStart = true;
  for (const letter of text) {
    if (letter === "\n") [start, inStart] = [0, true];
    else if (inStart && " \t-?:".includes(letter)) start++;
    else inStart = false;
    if (letter === "[" || letter === "{") open++;
    else if (letter === "]" || letter === "}") open = Math.max(0, open - 1);
    if (open > mostNested || start > 2 * mostNested) return true;
  }
  return false;
}

/** The values as plain JSON. @throws UsageError for aliases without end or number, and for nesting that is too deep. */
function plain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: mostAliases });
    if (isDeeper(value, mostLevels)) throw new RangeError("more, or an alias inside what it stands for");
    return value;
  } catch (error) {
    throw new UsageError(
      `${file}: invalid YAML: expected at most ${mostLevels} levels and ${mostAliases} values of an alias, got: ${flat(error as Error)}`,
    );
  }
}

const isDeeper = (value: unknown, levels: number): boolean =>
  value !== null &&
  typeof value === "object" &&
  (levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1)));

/** The first alias whose anchor does not stand before it. */
function missingAnchor(document: ReturnType<typeof parseDocument>): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

/** Where a member has no name that a word could be. */
function strangeKey(document: ReturnType<typeof parseDocument>): number | undefined {
  let found: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) || isAlias(key)) return undefined;
      found = (key as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

/** The node at a path of names in either spelling; aliases are followed. */
function nodeAt(document: ReturnType<typeof parseDocument>, path: Path): unknown {
  return path.reduce<unknown>((node, name) => {
    const here = isAlias(node) ? node.resolve(document) : node;
    if (isMap(here))
      return here.items.find(({ key }) => isScalar(key) && isNamed(String(key.value), String(name)))?.value;
    return isSeq(here) ? here.items[Number(name)] : undefined;
  }, document.contents);
}

const isNamed = (written: string, name: string): boolean => namedIn([name], written) === name;

const flat = ({ message }: Error): string => message.replace(/\s+/g, " ");
