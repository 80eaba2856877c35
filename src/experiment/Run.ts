import { appendFile, readdir, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import { canonicalJson } from "../core/hash.ts";
import { lockName } from "./folderLock.ts";
import type { Versions } from "./versions.ts";
import { writeAtomic } from "./writeAtomic.ts";

/** What makes a run this run. Two calls with the same description continue each other. Plain JSON. */
export interface RunDescription {
  /** "attack poisonedDistillation". */
  readonly command: string;
  /** Every option with its default resolved. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Role → digest of each input: `{ set: "ab12…", test: "cd34…" }` (setDigest.ts). */
  readonly data: Readonly<Record<string, string>>;
  readonly versions: Versions;
}

/** The folder holds another run. */
export class OtherRun extends UsageError {}

/** First member of config.json; changes with the layout of the folder. */
const runFormat = "retort-run/1";

/**
 * A run folder. Every file in it is whole: written beside its name, then renamed.
 *
 * ```
 * config.json       description: command, config, data, versions
 * metrics.json      written last: its presence says that the run is finished
 * log.jsonl         one event a line
 * checkpoints/      what a killed run goes on from
 * timing/           seconds that went into each step
 * *.safetensors     the sets
 * ```
 */
export class Run {
  readonly folder: string;
  readonly description: RunDescription;
  /** The folder held this run already. */
  readonly resumed: boolean;
  /** The command line that began it, as a shell reads it. */
  readonly commandLine: string | undefined;
  private readonly clock: (() => Date) | undefined;

  constructor(folder: string, description: RunDescription, resumed: boolean, clock?: () => Date, commandLine?: string) {
    this.folder = folder;
    this.commandLine = commandLine;
    this.description = description;
    this.resumed = resumed;
    this.clock = clock;
  }

  /** Path of a file of this run. */
  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: Uint8Array | string): Promise<void> {
    await writeAtomic(this.path(name), content);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** @returns the bytes, or undefined where there is no such file yet. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return new Uint8Array(await readFile(this.path(name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** @returns the value, or undefined where there is no such file yet. @throws DataError if it is not JSON. */
  async readJson(name: string): Promise<unknown> {
    const bytes = await this.read(name);
    return bytes && parseJson(this.path(name), bytes);
  }

  /** Append one event to log.jsonl. */
  async log(event: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const time = this.clock ? { time: this.clock().toISOString() } : {};
    await appendFile(this.path("log.jsonl"), `${JSON.stringify({ ...time, event, ...fields })}\n`);
  }
}

/**
 * Make a run folder, or go on in one that holds the same run.
 *
 * A run that came to nothing, since an error ended it before it left anything to go on from, gives its folder free.
 *
 * @param clock stamps the events of the log; without one they carry no time.
 * @param commandLine is kept in config.json; it is no part of what makes the run this run.
 * @throws UsageError if the folder holds something else, and says what differs.
 */
export async function openRun(
  folder: string,
  description: RunDescription,
  clock?: () => Date,
  commandLine?: string,
): Promise<Run> {
  const present = await listing(folder);
  if (present.length > 0) {
    const found = await readRun(folder, clock);
    const differences = differing(found.description, description);
    if (differences.length > 0) {
      if (present.every((name) => leftByNothing.has(name))) return begun(folder, description, clock, commandLine);
      throw new OtherRun(
        `run: invalid folder ${folder}: expected the same run, got another ${differences.join("; ")}; choose a new folder with --out`,
      );
    }
    await dropHalfLine(found.path("log.jsonl"));
    await found.log("resume");
    return found;
  }
  return begun(folder, description, clock, commandLine);
}

/** What a run leaves that came to nothing. */
const leftByNothing: ReadonlySet<string> = new Set(["config.json", "log.jsonl", "timing"]);

async function begun(folder: string, description: RunDescription, clock?: () => Date, commandLine?: string) {
  const run = new Run(folder, description, false, clock, commandLine);
  await run.writeJson("config.json", { format: runFormat, ...(commandLine && { commandLine }), ...description });
  await run.log("start");
  return run;
}

/**
 * Open an existing run folder, finished or not.
 *
 * @throws UsageError if it is no run folder; DataError if its config.json is damaged.
 */
export async function readRun(folder: string, clock?: () => Date): Promise<Run> {
  const path = join(folder, "config.json");
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new UsageError(`run: invalid folder ${folder}: expected a run folder with config.json, got none`);
  });
  const { format, commandLine, ...description } = parseJson(path, bytes) as RunDescription & {
    format?: unknown;
    commandLine?: string;
  };
  if (format !== runFormat)
    throw new DataError(`run: invalid ${path}: expected format ${runFormat}, got ${JSON.stringify(format)}`);
  return new Run(folder, description, true, clock, commandLine);
}

/** What is in a folder, temporary files of crashed writers aside; nothing if it does not exist. */
async function listing(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !/^\..*\.tmp$/.test(name) && name !== lockName);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new DataError(`run: invalid ${path}: expected JSON, got ${(error as Error).message}`);
  }
}

/** Name every leaf in which two descriptions differ: "config.alpha (0.6 there, 0.3 here)". */
function differing(there: unknown, here: unknown, path = ""): string[] {
  if (canonicalJson({ v: there }) === canonicalJson({ v: here })) return [];
  if (isRecord(there) && isRecord(here)) {
    const names = [...new Set([...Object.keys(there), ...Object.keys(here)])].sort();
    return names.flatMap((name) => differing(there[name], here[name], path ? `${path}.${name}` : name));
  }
  return [`${path} (${JSON.stringify(there) ?? "none"} there, ${JSON.stringify(here) ?? "none"} here)`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A crash in the middle of an append leaves a line without its end: cut it off, so that every line parses. */
async function dropHalfLine(path: string): Promise<void> {
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes || bytes.length === 0 || bytes[bytes.length - 1] === 10) return;
  await truncate(path, bytes.lastIndexOf(10) + 1);
}
