#!/usr/bin/env node
import { createRequire } from "node:module";
import process from "node:process";
import * as commands from "./commands.ts";
import { runCommandLine } from "./program.ts";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

// A reader that closes early (`retort inspect … | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));

process.exitCode = await runCommandLine(commands, process.argv.slice(2), {
  version,
  stdout: process.stdout,
  stderr: process.stderr,
  debug: Boolean(process.env.DEBUG),
});
