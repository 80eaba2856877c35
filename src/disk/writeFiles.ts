import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../core/errors.ts";
import { makeFolder } from "./makeFolder.ts";
import { writeAtomic } from "./writeAtomic.ts";

/**
 * Put what a writer made where a person said: a lone file at the path itself, several as a folder of that name.
 *
 * Either way everything appears at once or not at all: a folder is filled beside its place and renamed.
 *
 * @param overwrite replace what is there; otherwise anything but an empty folder is refused.
 * @returns paths of the files.
 * @throws UsageError if something is there.
 */
export async function writeFiles(
  out: string,
  files: ReadonlyMap<string, Uint8Array>,
  overwrite = false,
): Promise<string[]> {
  const place = await placeOf(out, files);
  if (!overwrite && (await isTaken(place)))
    throw new UsageError(
      `writeFiles: invalid output: expected nothing there yet, got ${place}; use --force to replace it`,
    );
  if (files.size === 1) {
    await writeAtomic(place, [...files.values()][0]);
    return [place];
  }
  const folder = resolve(place);
  const temporary = join(dirname(folder), `.${basename(folder)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    for (const [path, bytes] of files) {
      const file = join(temporary, ...path.split("/"));
      await makeFolder(dirname(file));
      await writeFile(file, bytes, { flag: "wx" });
    }
    await swap(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return [...files.keys()].map((path) => join(place, path));
}

/**
 * Refuse an output that is taken before any work.
 *
 * @param flag what replaces it: "--force"
 * @throws UsageError if something is there.
 */
export async function checkFree(out: string, who: string, flag: string): Promise<void> {
  const info = await stat(out).catch(() => undefined);
  if (info && !info.isDirectory() && (await isTaken(out)))
    throw new UsageError(`${who}: invalid output: expected nothing there yet, got ${out}; use ${flag} to replace it`);
}

/** A lone file whose place is a folder goes into it under its own name. */
async function placeOf(out: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const [[name]] = files;
  if (files.size > 1) return out;
  const info = await stat(out).catch(() => undefined);
  return info?.isDirectory() || /[/\\]$/.test(out) ? join(out, basename(name)) : out;
}

async function isTaken(place: string): Promise<boolean> {
  const info = await stat(place).catch(() => undefined);
  if (!info) return false;
  return !info.isDirectory() || (await readdir(place)).length > 0;
}

/** Put a folder in the place of another: the old one is moved aside first and taken away last. */
async function swap(from: string, to: string): Promise<void> {
  if (!existsSync(to)) return rename(from, to);
  const old = `${from}.old`;
  await rename(to, old);
  try {
    await rename(from, to);
  } catch (error) {
    await rename(old, to);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
