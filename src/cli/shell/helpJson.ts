import type { Command } from "commander";

/** The help of a command for programs: what its options are, and what they take. */
export function helpJson(command: Command): object {
  const help = command.createHelp();
  const options = help
    .visibleOptions(command)
    .map(({ flags, description, hidden }) => ({ flags, description, ...(hidden && { hidden }) }));
  return {
    usage: help.commandUsage(command),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      required: argument.required,
      several: argument.variadic,
    })),
    options,
    commands: help.visibleCommands(command).map((child) => ({ name: child.name(), summary: child.summary() })),
  };
}
