import { DataError } from "../../core/errors.ts";

/** `descr` is a text, or "structured" for anything else a dtype may be. */
export interface HeaderFields {
  readonly descr: string | { readonly structured: true };
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Written by Python 2: sizes with an L, texts with a u. */
  readonly python2: boolean;
}

/**
 * Read the literal dictionary of a `.npy` header: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
 *
 * Tokens are quotes without escapes, True, False, whole numbers and punctuation; whatever else stands there is refused.
 *
 * @param base position of the text in its file.
 */
export function parseHeader(text: string, who: string, base: number): HeaderFields {
  const tokens = tokenise(text, who, base);
  let at = 0;
  const fail = (expected: string): never => {
    const token = tokens[Math.min(at, tokens.length - 1)];
    throw new DataError(
      `${who}: invalid header: expected ${expected}, got ${JSON.stringify(token.text.slice(0, 20))}`,
      base + token.at,
    );
  };
  const take = (symbol: string): boolean => {
    if (tokens[at].text !== symbol) return false;
    at++;
    return true;
  };
  const need = (symbol: string): void => {
    if (!take(symbol)) fail(JSON.stringify(symbol));
  };
  const shape = (): number[] => {
    const sizes: number[] = [];
    need("(");
    while (!take(")")) {
      if (!/^\d+L?$/.test(tokens[at].text)) fail("a size");
      sizes.push(Number(tokens[at++].text.replace("L", "")));
      if (!take(",")) {
        need(")");
        if (sizes.length === 1) fail("a comma in a tuple of one");
        break;
      }
    }
    return sizes;
  };
  const structured = (): { readonly structured: true } => {
    for (let depth = 0; at < tokens.length - 1; at++) {
      if ("[(".includes(tokens[at].text)) depth++;
      if ("])".includes(tokens[at].text) && --depth === 0) {
        at++;
        return { structured: true };
      }
    }
    return fail("a closing bracket");
  };
  const fields = new Map<string, HeaderFields["descr"] | boolean | readonly number[]>();
  need("{");
  while (!take("}")) {
    const key = unmarked(tokens[at].text);
    const name = key.slice(1, -1);
    if (!/^['"]/.test(key) || !["descr", "fortran_order", "shape"].includes(name))
      fail("descr, fortran_order or shape");
    if (fields.has(name)) fail(`${name} once`);
    at++;
    need(":");
    if (name === "shape") fields.set(name, shape());
    else if (name === "fortran_order") {
      const isTrue = tokens[at].text === "True";
      if (!isTrue && tokens[at].text !== "False") fail("True or False");
      at++;
      fields.set(name, isTrue);
    } else if (/^u?['"]/.test(tokens[at].text)) fields.set(name, unmarked(tokens[at++].text).slice(1, -1));
    else if (tokens[at].text === "[" || tokens[at].text === "(") fields.set(name, structured());
    else fail("a type");
    if (!take(",")) {
      need("}");
      break;
    }
  }
  if (tokens[at].text !== "") fail("the end");
  if (fields.size !== 3) fail("all of descr, fortran_order and shape");
  return {
    descr: fields.get("descr") as HeaderFields["descr"],
    fortran: fields.get("fortran_order") as boolean,
    shape: fields.get("shape") as readonly number[],
    python2: tokens.some(({ text }) => /^\d+L$|^u['"]/.test(text)),
  };
}

/** Python 2 marks a Unicode text with a u. */
function unmarked(token: string): string {
  return token.replace(/^u(?=['"])/, "");
}

/** Cut into tokens; the last one is empty and marks the end. */
function tokenise(text: string, who: string, base: number): { text: string; at: number }[] {
  const tokens: { text: string; at: number }[] = [];
  const pattern = /[ \t\n]*(?:(u?'[^'"\\\n]*'|u?"[^'"\\\n]*"|True|False|\d{1,16}L?|[{}()[\]:,])|$)/y;
  let at = 0;
  for (;;) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found)
      throw new DataError(
        `${who}: invalid header: expected a literal, got ${JSON.stringify(text.slice(at, at + 20))}`,
        base + at,
      );
    at = pattern.lastIndex;
    tokens.push({ text: found[1] ?? "", at: at - (found[1]?.length ?? 0) });
    if (found[1] === undefined) return tokens;
  }
}
