#!/usr/bin/env node
import { createRequire } from "node:module";
import process from "node:process";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

// A reader that closes early (`retort inspect … | head`) is no error, and no verdict: the command goes on and its status counts.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return;
  process.stderr.write(`retort: invalid output: expected to write to standard output, got ${error.code}\n`);
  process.exit(2);
});

const words = process.argv.slice(2);
// The version alone loads nothing.
if (words.length === 1 && ["--version", "-V"].includes(words[0])) process.stdout.write(`${version}\n`);
else {
  const [commands, { runCommandLine }, { summaries }] = await Promise.all([
    import("./commands.ts"),
    import("./shell/program.ts"),
    import("./summaries.ts"),
  ]);
  process.exitCode = await runCommandLine(commands, words, {
    version,
    stdout: process.stdout,
    stderr: process.stderr,
    debug: Boolean(process.env.DEBUG),
    summaries,
  });
}
