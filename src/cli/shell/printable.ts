const unsafe = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text of a hostile file for a terminal: control characters and direction marks escaped, cut to a length. */
export function printable(text: string, most: number): string {
  const safe = text.replace(unsafe, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return safe.length > most ? `${safe.slice(0, most - 1)}…` : safe;
}
