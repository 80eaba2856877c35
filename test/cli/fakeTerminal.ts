import { z } from "zod";
import type { CliCommand } from "../../src/cli/shell/command.ts";
import { runCommandLine } from "../../src/cli/shell/program.ts";

/** What a call left behind. */
export interface Call {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command line against a made-up registry and collect what it printed. */
export async function call(commands: Record<string, CliCommand>, ...words: string[]): Promise<Call> {
  const stdout = new Recorder();
  const stderr = new Recorder();
  const registry = Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, async () => command]));
  const status = await runCommandLine(registry, words, { version: "1.2.3", stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

/** A stream that remembers what was written. */
export class Recorder {
  text = "";
  write(part: string | Uint8Array): boolean {
    this.text += part;
    return true;
  }
}

/** A command that does `run` and has no options of its own. */
export function doing(run: NonNullable<CliCommand["run"]>): CliCommand {
  return { summary: "do it", options: z.object({}), examples: [], run };
}
