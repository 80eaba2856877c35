import { DataError } from "../core/errors.ts";

/** JSON with objects as maps, so that no key is special. */
export type Json = null | boolean | number | string | readonly Json[] | ReadonlyMap<string, Json>;

const maxDepth = 32;

/**
 * Parse JSON (RFC 8259) that has to be unambiguous: one value, no key twice in an object, at most 32 levels.
 *
 * @param base position of the text in its file, for error messages; exact for ASCII text.
 * @throws DataError.
 */
export function strictJson(text: string, who: string, base = 0): Json {
  let at = 0;
  const fail = (expected: string): never => {
    throw new DataError(
      `${who}: invalid JSON: expected ${expected}, got ${JSON.stringify(text.slice(at, at + 12))}`,
      base + at,
    );
  };
  const space = /[ \t\n\r]*/y;
  const skip = () => {
    space.lastIndex = at;
    space.test(text);
    at = space.lastIndex;
  };
  const token = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const take = (char: string): boolean => {
    skip();
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const string = (): string => {
    skip();
    const start = at;
    if (text[at] !== '"') return fail("a string");
    for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
    at++;
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      at = start;
      return fail("a string");
    }
  };
  const value = (depth: number): Json => {
    if (depth > maxDepth) return fail(`at most ${maxDepth} levels`);
    skip();
    if (text[at] === '"') return string();
    if (take("{")) return object(depth);
    if (take("[")) return array(depth);
    const word = token(/true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    return word === undefined ? fail("a value") : (JSON.parse(word) as Json);
  };
  const object = (depth: number): Json => {
    const members = new Map<string, Json>();
    if (take("}")) return members;
    do {
      const start = at;
      const key = string();
      if (members.has(key)) {
        at = start;
        fail(`each key once, not ${JSON.stringify(key)} twice`);
      }
      if (!take(":")) fail('":"');
      members.set(key, value(depth + 1));
    } while (take(","));
    if (!take("}")) fail('"," or "}"');
    return members;
  };
  const array = (depth: number): Json => {
    const items: Json[] = [];
    if (take("]")) return items;
    do items.push(value(depth + 1));
    while (take(","));
    if (!take("]")) fail('"," or "]"');
    return items;
  };
  const result = value(0);
  skip();
  if (at !== text.length) fail("the end");
  return result;
}
