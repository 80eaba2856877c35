import { readFile, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { DataError, lookUp } from "../core/errors.ts";
import { openArchive } from "../data/formats/archiveSource.ts";
import { Budget } from "../data/formats/limits.ts";
import { type Dataset, type DatasetFile, datasets } from "./datasets.ts";
import { type DownloadOptions, download, isPinned } from "./download.ts";
import { fileSource } from "./fileSource.ts";
import { makeFolder } from "./makeFolder.ts";
import { writeAtomic } from "./writeAtomic.ts";

export interface GetOptions extends Omit<DownloadOptions, "onProgress"> {
  /** Where all sets lie; a set is a folder in it. Default: `dataFolder()`. */
  readonly folder?: string;
  /** An address or path below which copies lie, as `MIRROR/FILE`; asked before the official ones. */
  readonly mirror?: string;
  readonly onProgress?: (file: DatasetFile, bytes: number) => void;
}

/** Where raw datasets are kept: RETORT_DATA, else the user's cache folder. */
export function dataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.RETORT_DATA) return environment.RETORT_DATA;
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "retort", "data");
}

/**
 * Make sure that a raw dataset is there, downloading what is missing.
 *
 * @param registry the known sets; tests hand in their own.
 * @returns the set's folder, and whether anything was fetched.
 * @throws UsageError on an unknown name or without a network; DataError if an address delivers something else.
 */
export async function getDataset(
  name: string,
  options: GetOptions = {},
  registry: Readonly<Record<string, Dataset>> = datasets,
): Promise<{ folder: string; fetched: boolean }> {
  const dataset = lookUp(registry, name, "data get", "dataset");
  const folder = join(options.folder ?? dataFolder(), name);
  if (dataset.unpack && (await isComplete(folder))) return { folder, fetched: false };
  let fetched = false;
  for (const file of dataset.files) {
    const path = join(folder, file.name);
    if (await isPinned(file, path)) continue;
    const { onProgress } = options;
    const urls = options.mirror ? [mirrorUrl(options.mirror, file.name), ...file.urls] : file.urls;
    await download({ ...file, urls }, path, { ...options, onProgress: (bytes) => onProgress?.(file, bytes) });
    fetched = true;
  }
  if (dataset.unpack) await unpack(folder, dataset.files[0].name, dataset.unpack);
  return { folder, fetched };
}

function mirrorUrl(mirror: string, name: string): string {
  return `${mirror.replace(/\/+$/, "")}/${name}`;
}

const marker = "unpacked.json";

/** Are all files that were unpacked still there at their sizes? */
async function isComplete(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, marker), "utf8").catch(() => undefined);
  if (text === undefined) return false;
  for (const [name, size] of Object.entries(JSON.parse(text) as Record<string, number>)) {
    const info = await stat(join(folder, basename(name))).catch(() => undefined);
    if (info?.size !== size) return false;
  }
  return true;
}

/** Take the wanted files out of a checked archive, flat, and the archive away. */
async function unpack(folder: string, archive: string, endings: readonly string[]): Promise<void> {
  await makeFolder(folder);
  const path = join(folder, archive);
  const source = await openArchive(await fileSource(path), new Budget());
  const wanted = source.files.filter((file) => endings.some((ending) => file.path.endsWith(ending)));
  if (wanted.length === 0)
    throw new DataError(`data get: missing files in ${archive}: expected ${endings.join(", ")}, got none`);
  const sizes: Record<string, number> = {};
  for (const file of wanted) {
    await writeAtomic(join(folder, basename(file.path)), await file.read());
    sizes[basename(file.path)] = file.size;
  }
  await writeAtomic(join(folder, marker), `${JSON.stringify(sizes, null, 2)}\n`);
  await rm(path);
}
