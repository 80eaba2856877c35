import { styleText } from "node:util";
import { Command, CommanderError, Help } from "commander";
import type * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { kebab, namedIn } from "../../core/spelling.ts";
import { didYouMean } from "../../core/suggestion.ts";
import { unlockFolders } from "../../disk/folderLock.ts";
import { onDamage } from "../../disk/kept/damage.ts";
import type { Summary } from "../summaries.ts";
import { hasColours } from "./colours.ts";
import type { CliCommand, Invocation } from "./command.ts";
import { Console, type Verbosity } from "./console.ts";
import { failureOf, statuses } from "./exit.ts";
import { helpJson } from "./helpJson.ts";
import { interrupted, listenForInterrupt } from "./interrupt.ts";
import type { Sink } from "./Sink.ts";
import { shellQuoted } from "./shellQuoted.ts";
import { spelled } from "./spelled.ts";
import { unknownWord } from "./unknownWord.ts";
import { withoutPlugins } from "./withoutPlugins.ts";

/** Where a call comes from and where its words go. */
export interface Surroundings {
  readonly version: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Show stacks of errors as `--verbose` does. */
  readonly debug?: boolean;
  /** What the list of commands says, so that none is loaded for it; default: they are asked. */
  readonly summaries?: Readonly<Record<string, Summary>>;
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
  const { line, plugins } = withoutPlugins(spelled(Object.keys(commands), words));
  const perform = async (name: string, command: CliCommand, node: Command) => {
    status = await runCommand(name, command, node, around, shellQuoted(["retort", ...words]));
  };
  const root = new Command("retort")
    .description("The security of distilled datasets: backdoor them without raw data, measure it, seal them.")
    .option("-V, --version", "print the version")
    .option("--plugin <file>", "run this module of your own and use what it exports (repeatable; docs/library.md)")
    .option("--json", "print the result as one JSON document")
    .option("-q, --quiet", "no progress and no notes")
    .option("-v, --verbose", "say more, and show the stack of an error");
  furnish(root, around);
  root.addHelpText("after", `\nExit status: ${statuses}.`);
  try {
    const called = callOf(commands, line);
    if (called === undefined) {
      if (isAsked(line, "-V", "--version")) return version(line, around);
      for (const [name, brief] of Object.entries(await briefs(commands, around.summaries))) list(root, name, brief);
    } else {
      if (plugins.length > 0) {
        const { loadPlugins } = await import("../../run/plugins.ts");
        await loadPlugins(plugins, "retort");
      }
      const { addFlags, hasRare } = await import("./flags.ts");
      const loaded = await commands[called]();
      const narrowed = isAsked(line, "-h", "--help") ? loaded.help?.(words) : undefined;
      const command = { ...loaded, ...(narrowed && { options: narrowed.options }) };
      checkSubcommand(called, command, line);
      // What is rarely needed is hidden from the short help alone: a misspelled flag may be meant for any.
      const all = !isAsked(line, "-h", "--help") || isAsked(words, "--help-all") || isAsked(line, "--json");
      const furnished = (node: Command, schema: z.ZodObject) => {
        addFlags(node, schema, all);
        if (narrowed?.after !== undefined) node.addHelpText("after", `\n${narrowed.after}`);
        if (!all && hasRare(schema)) node.addHelpText("after", "\n--help-all shows every option.");
      };
      root.addCommand(build(called, [], command, around, perform, furnished));
    }
    if (isAsked(line, "--json") && isAsked(line, "-h", "--help")) return printHelpJson(root, line, around);
    // Help of a command that is none is no answer: its name is what is wrong.
    const unknown = called === undefined && line.some((word) => !word.startsWith("-"));
    const asked = unknown ? line.filter((word) => word !== "-h" && word !== "--help") : line;
    await root.parseAsync(asked, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // Printing the help because nothing was asked for is an answer, but not a success.
    if (error instanceof CommanderError && error.code === "commander.help") return 2;
    return report(
      unknownWord(error, root, line),
      verbosityOf(line),
      around,
      `retort ${callOf(commands, line) ?? ""}`.trim(),
    );
  }
  return status;
}

/** The command that is called. No option of the root takes a value, so that it is the first word without a dash. */
function callOf(commands: Registry, line: readonly string[]): string | undefined {
  const word = line.find((one) => !one.startsWith("-"));
  return Object.keys(commands).find((name) => kebab(name) === word);
}

/** Put a subcommand into kebab case, in place. @throws UsageError where a command that only groups others is called without one. */
function checkSubcommand(called: string, { subcommands, run, defaultSubcommand }: CliCommand, line: string[]): void {
  if (!subcommands || run) return;
  const known = Object.keys(subcommands);
  const places = [...line.keys()].filter((i) => !line[i].startsWith("-"));
  const word = places.length > 1 ? line[places[1]] : undefined;
  if (word === undefined && (isAsked(line, "-h", "--help") || defaultSubcommand)) return;
  const name = namedIn(known, word ?? "");
  if (word !== undefined && known.includes(name)) {
    line[places[1]] = kebab(name);
    return;
  }
  const names = known.map(kebab);
  throw new UsageError(
    `retort ${kebab(called)}: ${word === undefined ? "missing name" : "unknown name"}: expected one of ${names.join(", ")}, got ${word === undefined ? "none" : JSON.stringify(word)}${didYouMean(word, names)}`,
  );
}

const isAsked = (line: readonly string[], ...flags: string[]): boolean => {
  const end = line.indexOf("--");
  return (end < 0 ? line : line.slice(0, end)).some((word) => flags.includes(word));
};

function version(line: readonly string[], { stdout, version }: Surroundings): number {
  stdout.write(isAsked(line, "--json") ? `${JSON.stringify({ version })}\n` : `${version}\n`);
  return 0;
}

/** Print the help of what is called as JSON. */
function printHelpJson(root: Command, line: readonly string[], { stdout }: Surroundings): number {
  let node = root;
  for (const word of line) node = node.commands.find((child) => child.name() === word) ?? node;
  furnishFlags.get(node)?.();
  stdout.write(`${JSON.stringify(helpJson(node), null, 2)}\n`);
  return 0;
}

async function briefs(
  commands: Registry,
  summaries: Surroundings["summaries"],
): Promise<Readonly<Record<string, Summary>>> {
  if (summaries) return summaries;
  const all = Object.entries(commands).map(async ([name, load]) => {
    const { summary, arguments: args = {} } = await load();
    return [name, { summary, arguments: Object.keys(args) }] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

/** A command of the list, which does nothing. */
function list(root: Command, name: string, brief: Summary): void {
  const node = new Command(kebab(name)).summary(brief.summary);
  for (const notation of brief.arguments ?? []) node.argument(notation);
  root.addCommand(node.action(() => {}));
}

/** What makes the flags of a command. They are made when it is called: a list of commands needs none. */
const furnishFlags = new WeakMap<Command, () => void>();

function build(
  name: string,
  parents: readonly string[],
  command: CliCommand,
  around: Surroundings,
  perform: (name: string, command: CliCommand, node: Command) => Promise<void>,
  addFlags: (command: Command, schema: z.ZodObject) => void,
): Command {
  const node = new Command(kebab(name))
    .summary(command.summary)
    .description(reflow(command.description ?? command.summary));
  furnish(node, around);
  for (const [notation, text] of Object.entries(command.arguments ?? {})) node.argument(notation, text);
  node.allowExcessArguments(false);
  const { options } = command;
  if (options) furnishFlags.set(node, () => addFlags(node, options));
  const path = [...parents, kebab(name)];
  for (const [child, sub] of Object.entries(command.subcommands ?? {}))
    node.addCommand(build(child, path, sub, around, perform, addFlags), {
      isDefault: child === command.defaultSubcommand,
    });
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
    .hook("preSubcommand", (_, called) => furnishFlags.get(called)?.())
    .exitOverride()
    .showSuggestionAfterError(false)
    .helpOption("-h, --help", "print this help; --help-all: with every option")
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
      getOutHasColors: () => hasColours(around.stdout),
      getErrHasColors: () => hasColours(around.stderr),
    });
}

async function runCommand(
  name: string,
  command: CliCommand,
  node: Command,
  around: Surroundings,
  commandLine: string,
): Promise<number> {
  const said = verbosity(node);
  const console = new Console(said, around.stdout, around.stderr);
  onDamage((message) => console.warn(message));
  const interrupt = listenForInterrupt(
    (text) => around.stderr.write(`${text}\n`),
    () => console.endProgress(),
  );
  try {
    const { readFlags, refuseEmpty } = await import("./flags.ts");
    const { options, given } = command.options
      ? readFlags(`retort ${name}`, node, command.options, command.readWhen)
      : { options: {}, given: new Set<string>() };
    for (const [i, argument] of node.registeredArguments.entries())
      refuseEmpty(`retort ${name}`, `<${argument.name()}>`, node.processedArgs[i]);
    const args = node.processedArgs.flat().filter((arg): arg is string => arg !== undefined);
    const invocation: Invocation<Record<string, unknown>> = {
      ...{ args, options, given, console, commandLine },
      signal: interrupt.signal,
    };
    return (await command.run?.(invocation)) ?? 0;
  } catch (error) {
    console.endProgress();
    if (!isAbort(error, interrupt.signal)) return report(error, said, around, `retort ${name}`);
    around.stderr.write(`interrupted${console.resumeHint ? `: ${console.resumeHint}` : ""}\n`);
    return interrupted;
  } finally {
    console.endProgress();
    interrupt.stop();
    unlockFolders();
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

/** The same before the line is parsed, or where it cannot be. */
const verbosityOf = (line: readonly string[]): Verbosity => ({
  json: isAsked(line, "--json"),
  quiet: isAsked(line, "-q", "--quiet"),
  verbose: isAsked(line, "-v", "--verbose"),
});

function report(error: unknown, said: Verbosity, around: Surroundings, who: string): number {
  const { kind, message, code } = failureOf(error, who);
  if (said.json) around.stdout.write(`${JSON.stringify({ error: { kind, message } }, null, 2)}\n`);
  around.stderr.write(`${message}\n`);
  if ((said.verbose || around.debug) && error instanceof Error && error.stack) around.stderr.write(`${error.stack}\n`);
  return code;
}
