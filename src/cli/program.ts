import process from "node:process";
import { styleText } from "node:util";
import { Command, CommanderError, Help } from "commander";
import type { z } from "zod";
import { onDamage } from "../experiment/kept/damage.ts";
import type { CliCommand, Invocation } from "./command.ts";
import { Console, type Sink, type Verbosity } from "./console.ts";
import { failureOf } from "./exit.ts";
import { addFlags, kebab, readFlags } from "./flags.ts";
import { interrupted, listenForInterrupt } from "./interrupt.ts";

/** Where a call comes from and where its words go. */
export interface Surroundings {
  readonly version: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Show stacks of errors as `--verbose` does. */
  readonly debug?: boolean;
}

/** Name → how to load the command. */
export type Registry = Readonly<Record<string, () => Promise<CliCommand>>>;

/**
 * Run one command line.
 *
 * @param commands the namespace of commands.ts.
 * @param words the command line without interpreter and script.
 * @returns the exit status: 0 fine, 1 a finding, 2 an error, 70 our bug, 130 interrupted.
 */
export async function runCommandLine(
  commands: Registry,
  words: readonly string[],
  around: Surroundings,
): Promise<number> {
  let status = 0;
  const perform = async (name: string, command: CliCommand, node: Command) => {
    status = await runCommand(name, command, node, around);
  };
  const root = new Command("retort")
    .description(
      "The security of distilled datasets: backdoor them without raw data, measure it, seal them, audit them.",
    )
    .version(around.version, "-V, --version", "print the version")
    .option("--json", "print the result as one JSON document")
    .option("-q, --quiet", "no progress and no notes")
    .option("-v, --verbose", "say more, and show the stack of an error");
  furnish(root, around);
  root.addHelpText("after", `\nExit status: 0 fine, 1 a finding or a broken policy, 2 an error, 70 a bug in Retort.`);
  try {
    for (const [name, command] of Object.entries(await loaded(commands, words)))
      root.addCommand(build(name, [], command, around, perform));
    await root.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // Printing the help because nothing was asked for is an answer, but not a success.
    if (error instanceof CommanderError && error.code === "commander.help") return 2;
    return report(error, verbosity(root), around);
  }
  return status;
}

/** The command that is called: no other takes part. All of them, to be listed, if there is no such command. */
async function loaded(commands: Registry, words: readonly string[]): Promise<Record<string, CliCommand>> {
  // No option of the root takes a value, so that the first word without a dash is the command.
  const called = words.find((word) => !word.startsWith("-"));
  const only = Object.keys(commands).filter((name) => kebab(name) === called);
  const names = only.length > 0 ? only : Object.keys(commands);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await commands[name]()] as const)));
}

/** What the flags of a command derive from. They are made when it is called: a list of commands needs none. */
const optionsOf = new WeakMap<Command, z.ZodObject>();

function build(
  name: string,
  parents: readonly string[],
  command: CliCommand,
  around: Surroundings,
  perform: (name: string, command: CliCommand, node: Command) => Promise<void>,
): Command {
  const node = new Command(kebab(name))
    .summary(command.summary)
    .description(reflow(command.description ?? command.summary));
  furnish(node, around);
  for (const [notation, text] of Object.entries(command.arguments ?? {})) node.argument(notation, text);
  node.allowExcessArguments(false);
  if (command.options) optionsOf.set(node, command.options);
  const path = [...parents, kebab(name)];
  for (const [child, sub] of Object.entries(command.subcommands ?? {}))
    node.addCommand(build(child, path, sub, around, perform), { isDefault: child === command.defaultSubcommand });
  if (command.run) node.action(() => perform(path.join(" "), command, node));
  if (command.examples.length > 0)
    node.addHelpText("after", `\nExamples:\n${command.examples.map((example) => `  retort ${example}`).join("\n")}`);
  return node;
}

/** Lines that were broken for the source become one paragraph; a line that ends a sentence ends its paragraph. */
function reflow(text: string): string {
  return text.replace(/(?<![.:\n])\n(?!\n)/g, " ");
}

/** What every level of the program shares: errors are thrown, help shows the global options and fits the terminal. */
function furnish(node: Command, around: Surroundings): void {
  node
    .hook("preSubcommand", (_, called) => {
      const options = optionsOf.get(called);
      if (options) addFlags(called, options);
    })
    .exitOverride()
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => styleText("bold", title, { validateStream: false }),
      subcommandTerm: (child) =>
        `${child.name()} ${new Help()
          .subcommandTerm(child)
          .split(" ")
          .filter((word) => /^[<[](?!options)/.test(word))
          .join(" ")}`.trimEnd(),
    })
    .configureOutput({
      writeOut: (text) => around.stdout.write(text),
      writeErr: (text) => around.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => Math.min(around.stdout.columns ?? 100, 120),
      getErrHelpWidth: () => Math.min(around.stderr.columns ?? 100, 120),
      getOutHasColors: () => around.stdout.isTTY === true && !process.env.NO_COLOR,
      getErrHasColors: () => around.stderr.isTTY === true && !process.env.NO_COLOR,
    });
}

async function runCommand(name: string, command: CliCommand, node: Command, around: Surroundings): Promise<number> {
  const said = verbosity(node);
  const console = new Console(said, around.stdout, around.stderr);
  onDamage((message) => console.warn(message));
  const interrupt = listenForInterrupt(
    (text) => around.stderr.write(`${text}\n`),
    () => console.endProgress(),
  );
  try {
    const { options, given } = command.options
      ? readFlags(`retort ${name}`, node, command.options)
      : { options: {}, given: new Set<string>() };
    const args = node.processedArgs.flat().filter((arg): arg is string => arg !== undefined);
    const invocation: Invocation<Record<string, unknown>> = { args, options, given, console, signal: interrupt.signal };
    return (await command.run?.(invocation)) ?? 0;
  } catch (error) {
    console.endProgress();
    if (!isAbort(error, interrupt.signal)) return report(error, said, around);
    around.stderr.write(`interrupted${console.resumeHint ? `: ${console.resumeHint}` : ""}\n`);
    return interrupted;
  } finally {
    console.endProgress();
    interrupt.stop();
  }
}

/** The command gave up because it was asked to; any other error stays what it is. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
}

function verbosity(node: Command): Verbosity {
  const { json, quiet, verbose } = node.optsWithGlobals<Partial<Verbosity>>();
  return { json: json === true, quiet: quiet === true, verbose: verbose === true };
}

function report(error: unknown, said: Verbosity, around: Surroundings): number {
  const { kind, message, code } = failureOf(error);
  if (said.json) around.stdout.write(`${JSON.stringify({ error: { kind, message } }, null, 2)}\n`);
  around.stderr.write(`${message}\n`);
  if ((said.verbose || around.debug) && error instanceof Error && error.stack) around.stderr.write(`${error.stack}\n`);
  return code;
}
