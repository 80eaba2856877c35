import type { Command } from "commander";
import { CommanderError } from "commander";
import { didYouMean } from "../../core/suggestion.ts";

/**
 * Give the error of an unknown option or command the name that was probably meant, as all other errors do.
 *
 * @param root the program as it was parsed.
 * @param line the words of the call.
 * @returns a new error, or the same one where nothing is near.
 */
export function unknownWord(error: unknown, root: Command, line: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const word = /'([^']*)'/.exec(error.message)?.[1];
  const names =
    error.code === "commander.unknownOption"
      ? called(root, line).flatMap((node) => node.options.flatMap(({ long }) => long ?? []))
      : error.code === "commander.unknownCommand"
        ? root.commands.map((node) => node.name())
        : [];
  const hint = didYouMean(word, names);
  return hint === "" ? error : new CommanderError(error.exitCode, error.code, error.message.replace(/\.?$/, hint));
}

/** The program, its command and the subcommand that a line calls. */
function called(root: Command, line: readonly string[]): Command[] {
  const nodes = [root];
  for (const word of line) {
    const child = nodes[nodes.length - 1].commands.find((node) => node.name() === word);
    if (child) nodes.push(child);
  }
  return nodes;
}
