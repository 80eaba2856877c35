import { UsageError } from "../../core/errors.ts";

/** Take `--plugin FILE` out of a line: plug-ins are loaded before anything else is known. @throws UsageError without a file. */
export function withoutPlugins(words: readonly string[]): { line: string[]; plugins: string[] } {
  const [line, plugins]: [string[], string[]] = [[], []];
  const end = words.indexOf("--");
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if ((end >= 0 && i >= end) || !/^--plugin(=|$)/.test(word)) line.push(word);
    else if (word !== "--plugin") plugins.push(word.slice("--plugin=".length));
    else if (i + 1 < words.length) plugins.push(words[++i]);
    else throw new UsageError("retort: missing --plugin: expected a file, got none");
  }
  return { line, plugins };
}
