import { kebab } from "../../core/spelling.ts";

/** The words of a call with command and flags in kebab case, however they were written; `help X` as `X --help`. */
export function spelled(commands: readonly string[], words: readonly string[]): string[] {
  const end = words.indexOf("--");
  const line = words.map((word, i) => {
    if (word === "--help-all" && (end < 0 || i < end)) return "--help";
    const [, flag, rest = ""] = /^(--[a-z]\w*)(=.*)?$/s.exec(word) ?? [];
    return flag !== undefined && (end < 0 || i < end) ? kebab(flag) + rest : word;
  });
  const first = line.findIndex((word) => !word.startsWith("-"));
  if (line[first] === "help") return [...line.slice(0, first), ...line.slice(first + 1), "--help"];
  const called = commands.find((name) => name === line[first]);
  return called === undefined ? line : line.with(first, kebab(called));
}
