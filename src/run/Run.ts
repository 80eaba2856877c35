import { appendFile, readdir, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { canonicalJson } from "../core/hash.ts";
import { lockName } from "../disk/folderLock.ts";
import { handleDamage, type OnDamage, readKept, writeKept } from "../disk/kept/keptFile.ts";
import { readRegular } from "../disk/readRegular.ts";
import { writeAtomic } from "../disk/writeAtomic.ts";
import type { RunDescription } from "./RunDescription.ts";
import { descriptionOf, isBegun, LOG, parseJson, readConfig, runId, writeConfig } from "./runConfig.ts";

/** The folder holds another run. */
export class OtherRun extends UsageError {}

/**
 * A run folder. Every file in it is whole: written beside its name, then renamed. Every file that is read back carries a digest, bound
 * to this run and to the file's name (kept/keptFile.ts).
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
  /** The command line that began it, as a shell reads it. */
  readonly commandLine: string | undefined;
  /** The folder held this run already. */
  readonly resumed: boolean;
  private readonly clock: (() => Date) | undefined;
  private readonly id: string;
  private readonly rules: Rules;

  constructor(
    folder: string,
    description: RunDescription,
    resumed: boolean,
    rules: Rules,
    clock?: () => Date,
    commandLine?: string,
  ) {
    this.commandLine = commandLine;
    this.folder = folder;
    this.description = description;
    this.resumed = resumed;
    this.rules = rules;
    this.id = runId(description);
    this.clock = clock;
  }

  /** Path of a file of this run. */
  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: Uint8Array | string): Promise<void> {
    await writeAtomic(this.path(name), content);
  }

  /** Write a file that is read back: JSON, or safetensors with metadata. */
  async writeKept(name: string, content: Uint8Array | string): Promise<void> {
    await writeKept(this.path(name), content, this.ownerOf(name));
  }

  /**
   * Read a kept file. A damaged one is set aside where this process continues the run, and then there is none.
   *
   * @returns its content, or undefined where there is none yet. @throws DataError for a damaged file of a run that is only looked at.
   */
  readKept(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return readKept(this.path(name), this.ownerOf(name), {
      damaged: this.rules.damaged,
      unmarked: () => this.rules.old,
      remedy: this.remedy,
    });
  }

  /** Do with a file that turned out damaged what `readKept` does. */
  async damaged(name: string, fault: string): Promise<void> {
    await handleDamage(this.path(name), fault, this.rules.damaged, this.remedy);
  }

  /** How damaged files of a run that is only looked at are made again. */
  private get remedy(): string {
    return `the command of this run (${this.description.command}) with --out ${this.folder} makes it again`;
  }

  private ownerOf(name: string): string {
    return `${this.id}/${name}`;
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.writeKept(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** @returns the bytes, or undefined where there is no such file yet. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return new Uint8Array(await readRegular(this.path(name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** @returns the value, or undefined where there is no such file yet. @throws DataError if it is not JSON. */
  async readJson(name: string): Promise<unknown> {
    const bytes = await this.readKept(name);
    return bytes && parseJson(this.path(name), bytes);
  }

  /** Append one event to log.jsonl. */
  async log(event: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const time = this.clock ? { time: this.clock().toISOString() } : {};
    await appendFile(this.path(LOG), `${JSON.stringify({ ...time, event, ...fields })}\n`);
  }
}

/** How the files of a folder are read. */
interface Rules {
  readonly damaged: OnDamage;
  /** The folder was begun by a version that wrote no digests. */
  readonly old: boolean;
}

/**
 * Make a run folder, or go on in one that holds the same run. A damaged config.json is set aside and written again.
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
  if (present.length === 0) return begin(folder, description, clock, commandLine);
  const bytes = await readConfig(folder);
  if (!(await isBegun(folder, bytes, runId(description)))) return begin(folder, description, clock, commandLine);
  const there = descriptionOf(folder, bytes);
  const differences = differing(there.description, description);
  if (differences.length > 0) {
    if (present.every((name) => leftByNothing.has(name))) {
      await rm(join(folder, "timing"), { recursive: true, force: true });
      return begin(folder, description, clock, commandLine);
    }
    throw new OtherRun(
      `run: invalid folder ${folder}: expected the same run, got another ${differences.join("; ")}; choose a new folder with --out`,
    );
  }
  const rules = { damaged: "aside", old: there.old } as const;
  const run = new Run(folder, there.description, true, rules, clock, there.commandLine);
  await dropHalfLine(run.path(LOG));
  await run.log("resume");
  return run;
}

/** What a run leaves that came to nothing. */
const leftByNothing: ReadonlySet<string> = new Set(["config.json", "log.jsonl", "timing"]);

async function begin(folder: string, description: RunDescription, clock?: () => Date, commandLine?: string) {
  const run = new Run(folder, description, false, { damaged: "aside", old: false }, clock, commandLine);
  await writeConfig(folder, description, commandLine);
  await dropHalfLine(run.path(LOG));
  await run.log("start", { run: runId(description) });
  return run;
}

/**
 * Open an existing run folder, finished or not, to look at it.
 *
 * @throws UsageError if it is no run folder; DataError if its config.json is damaged.
 */
export async function readRun(folder: string, clock?: () => Date): Promise<Run> {
  const { description, old, commandLine } = descriptionOf(folder, await readConfig(folder));
  return new Run(folder, description, true, { damaged: "refuse", old }, clock, commandLine);
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
  const bytes = await readRegular(path).catch(() => undefined);
  if (!bytes || bytes.length === 0 || bytes[bytes.length - 1] === 10) return;
  await truncate(path, bytes.lastIndexOf(10) + 1);
}
