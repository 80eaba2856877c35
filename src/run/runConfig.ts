import { join } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import { hashJson } from "../core/hash.ts";
import { readMark } from "../disk/kept/digestMark.ts";
import { handleDamage, writeKept } from "../disk/kept/keptFile.ts";
import { readRegular } from "../disk/readRegular.ts";
import type { RunDescription } from "./RunDescription.ts";

/** First member of config.json; changes with the layout of the folder. */
const runFormat = "retort-run/2";
/** Folders whose files carry no digests. They are read and continued; what is added to them carries digests. */
const formatBefore = "retort-run/1";

const CONFIG = "config.json";
export const LOG = "log.jsonl";

/** Tells a run from all others. */
export const runId = ({ command, config, data, versions }: RunDescription): string =>
  hashJson({ command, config, data, versions });

export async function writeConfig(folder: string, description: RunDescription, commandLine?: string): Promise<void> {
  const members = { format: runFormat, ...(commandLine && { commandLine }), ...description };
  const config = `${JSON.stringify(members, null, 2)}\n`;
  await writeKept(join(folder, CONFIG), config, CONFIG);
}

/** @throws UsageError if the folder has none. */
export async function readConfig(folder: string): Promise<Uint8Array> {
  return readRegular(join(folder, CONFIG)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new UsageError(`run: invalid folder ${folder}: expected a run folder with config.json, got none`);
  });
}

/**
 * Take the description out of config.json. `old`: it was written without a digest, and so were the files beside it.
 *
 * @throws DataError if the bytes are no whole config.json of a run.
 */
export function descriptionOf(
  folder: string,
  bytes: Uint8Array,
): { description: RunDescription; old: boolean; commandLine: string | undefined } {
  const path = join(folder, CONFIG);
  const marked = readMark(bytes, CONFIG);
  if (marked.kind === "damaged")
    throw new DataError(
      `run: damaged ${path}: expected what was written, got ${marked.fault}; the command of this run with --out ${folder} writes it again`,
    );
  const content = marked.kind === "whole" ? marked.content : bytes;
  const { format, commandLine, ...description } = parseJson(path, content) as RunDescription & {
    format?: unknown;
    commandLine?: string;
  };
  const expected = marked.kind === "whole" ? runFormat : formatBefore;
  if (format !== expected)
    throw new DataError(`run: invalid ${path}: expected format ${expected}, got ${JSON.stringify(format)}`);
  return { description, old: marked.kind === "unmarked", commandLine };
}

/**
 * Does config.json describe the run that began here? One that is damaged, or of another run than the log names, is set aside.
 *
 * @param id of the run that wants to go on here.
 * @throws DataError for a damaged one where the log does not name this run.
 */
export async function isBegun(folder: string, bytes: Uint8Array, id: string): Promise<boolean> {
  const logged = await runOfLog(join(folder, LOG));
  let fault = "the file of another run";
  try {
    const { description } = descriptionOf(folder, bytes);
    if (logged !== id || runId(description) === id) return true;
  } catch (error) {
    if (!(error instanceof DataError) || logged !== id) throw error;
    fault = "another content";
  }
  await handleDamage(join(folder, CONFIG), fault, "aside");
  return false;
}

/** Which run began here last, by its log. */
async function runOfLog(path: string): Promise<unknown> {
  const text = await readRegular(path).then(String, () => "");
  const starts = text.split("\n").flatMap((line) => {
    try {
      const { event, run } = JSON.parse(line) as { event?: unknown; run?: unknown };
      return event === "start" ? [run] : [];
    } catch {
      return [];
    }
  });
  return starts.at(-1);
}

/** @throws DataError that names the file. */
export function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new DataError(`run: invalid ${path}: expected JSON, got ${(error as Error).message}`);
  }
}
