/** Words as a POSIX shell reads them back; the password of an address is left out. */
export function shellQuoted(words: readonly string[]): string {
  return words.map((word) => quoted(word.replace(/(?<=^(?:--\w+=)?[a-z]+:\/\/[^/@]*):[^/@]*(?=@)/, ":…"))).join(" ");
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
