import { DataError } from "../core/errors.ts";

const maxDepth = 64;

/**
 * Parse JSON that an attacker may have written: UTF-8 without byte order mark, no duplicate keys, bounded depth.
 *
 * Two readers that pick different ones of two equal keys would see two different documents under one signature.
 *
 * @throws DataError with the byte (of `bytes`) or character offset.
 */
export function parseStrictJson(who: string, input: Uint8Array | string): unknown {
  const text = typeof input === "string" ? input : decodeUtf8(who, input);
  checkStructure(who, text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new DataError(`${who}: invalid JSON: ${(error as Error).message}`);
  }
}

function decodeUtf8(who: string, bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw new DataError(`${who}: invalid JSON: expected no byte order mark`, 0);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new DataError(`${who}: invalid JSON: expected UTF-8`);
  }
}

/** Walk over the tokens once; what is not JSON at all is left for JSON.parse to refuse. */
function checkStructure(who: string, text: string): void {
  /** Keys of each open object; undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  const string = /"(?:[^"\\]|\\.)*"/sy;
  for (let i = 0; i < text.length; ) {
    const c = text[i];
    if (c === '"') {
      string.lastIndex = i;
      const match = string.exec(text);
      if (!match) return;
      i = string.lastIndex;
      const keys = open[open.length - 1];
      if (keys && followedByColon(text, i)) addKey(who, keys, match[0], i - match[0].length);
      continue;
    }
    if (c === "{" || c === "[") {
      open.push(c === "{" ? new Set() : undefined);
      if (open.length > maxDepth) throw new DataError(`${who}: invalid JSON: expected at most ${maxDepth} levels`, i);
    } else if (c === "}" || c === "]") open.pop();
    i++;
  }
}

function followedByColon(text: string, from: number): boolean {
  let i = from;
  while (text[i] === " " || text[i] === "\n" || text[i] === "\t" || text[i] === "\r") i++;
  return text[i] === ":";
}

function addKey(who: string, keys: Set<string>, quoted: string, offset: number): void {
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch {
    throw new DataError(`${who}: invalid JSON: expected a string`, offset);
  }
  if (keys.has(key)) throw new DataError(`${who}: invalid JSON: expected different keys, got ${quoted} twice`, offset);
  keys.add(key);
}
