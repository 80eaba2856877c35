const unsafe = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text that may be of a hostile file for a terminal: control characters and direction marks escaped, cut to a length. */
export function printable(text: string, most = Number.POSITIVE_INFINITY): string {
  const safe = text.replace(unsafe, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return safe.length > most ? `${safe.slice(0, most - 1)}…` : safe;
}

/** The same on one line: breaks become spaces. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, " ").trim());
}

const kept = new RegExp(`(${"\u001b"}\\[[\\d;]*m|\\r?\\n|\\t)`);

/** What a command prints: lines and colours stay, every other control character is escaped, whoever wrote the text. */
export function withColours(text: string): string {
  return text
    .split(kept)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join("");
}
