import type * as z from "zod";
import type { ReadWhen } from "../../core/readWhen.ts";
import type { Console } from "./console.ts";

/**
 * 0 done and nothing suspicious, 1 a finding or a broken policy, 2 nothing that is read here (formats/verdict.ts). Errors are thrown,
 * never returned (exit.ts).
 */
export type ExitCode = 0 | 1 | 2;

/** What one call of a command gets. */
export interface Invocation<Options> {
  /** Positional arguments in order; a missing optional one is absent. */
  readonly args: readonly string[];
  /** Options with every default filled in. */
  readonly options: Options;
  /** Paths of the options that the user wrote, as in the schema: "alpha", "trigger.side". */
  readonly given: ReadonlySet<string>;
  readonly console: Console;
  /** The whole call as a shell reads it: it goes into records, and pasted it runs again. */
  readonly commandLine: string;
  /** Aborted by Ctrl-C. Long work checks it between steps, saves a checkpoint and throws `signal.reason`. */
  readonly signal: AbortSignal;
}

/**
 * One command: its texts, its options and what it does. One file a command, one line in commands.ts.
 *
 * A command with `subcommands` only groups them (`retort data get …`) and has no `run` of its own.
 * Heavy modules (the engine, the charts) are imported inside `run`, so that `--help` stays instant.
 */
export interface CliCommand<S extends z.ZodObject = z.ZodObject> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Longer text for the command's own help. */
  readonly description?: string;
  /** Commander's notation → description: `{ "<set>": "distilled set", "[out]": "where to write" }`. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Flags, help, defaults and validation all derive from this (flags.ts). */
  readonly options?: S;
  /** Which options mean something only beside others; elsewhere they are refused (core/readWhen.ts). */
  readonly readWhen?: readonly ReadWhen<z.infer<S>>[];
  /** What the help says instead where the line narrows it: the options of a method that it names. */
  help?(words: readonly string[]): CommandHelp | undefined;
  /** Command lines without the leading `retort`, shown at the end of the help. */
  readonly examples: readonly string[];
  readonly subcommands?: Readonly<Record<string, CliCommand>>;
  /** The subcommand that runs when none is named; it takes no arguments. */
  readonly defaultSubcommand?: string;
  run?(invocation: Invocation<z.infer<S>>): Promise<ExitCode>;
}

export interface CommandHelp {
  readonly options: z.ZodObject;
  /** What comes after the options. */
  readonly after?: string;
}

/** Type a command by its own options schema. */
export function defineCommand<S extends z.ZodObject>(command: CliCommand<S>): CliCommand {
  return command as unknown as CliCommand;
}
