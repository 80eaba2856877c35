/** Words on one line, as a shell (POSIX.1-2024) reads them back; the password of an address is left out. */
export function shellQuoted(words: readonly string[]): string {
  return words.map((word) => quoted(word.replace(/(?<=^(?:--\w+=)?[a-z]+:\/\/[^/@]*):[^/@]*(?=@)/, ":…"))).join(" ");
}

function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // A line break would end the command wherever it is shown on one line.
  if (/\p{Cc}/u.test(word)) return `$'${word.replace(/[\\']/g, "\\$&").replace(/\p{Cc}/gu, escaped)}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Its bytes in octal: `\u` means other bytes in other locales. */
const escaped = (character: string): string =>
  [...new TextEncoder().encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
