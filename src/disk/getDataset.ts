import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { DataError, lookUp, UsageError } from "../core/errors.ts";
import { openArchive } from "../formats/archiveSource.ts";
import { Budget } from "../formats/limits.ts";
import type { Dataset, DatasetFile } from "./Dataset.ts";
import { downloads, refusedDatasets } from "./datasets.ts";
import { type DownloadOptions, download, isPinned } from "./download.ts";
import { fileSource } from "./fileSource.ts";
import { tellDamage } from "./kept/damage.ts";
import { readKept, writeKept } from "./kept/keptFile.ts";
import { setAside } from "./kept/setAside.ts";
import { makeFolder } from "./makeFolder.ts";
import { writeAtomic } from "./writeAtomic.ts";

export interface GetOptions extends Omit<DownloadOptions, "onProgress"> {
  /** Where all sets lie; a set is a folder in it. Default: `dataFolder()`. */
  readonly folder?: string;
  /** An address below which copies lie, as `MIRROR/FILE`; asked before the official ones. */
  readonly mirror?: string;
  readonly onProgress?: (file: DatasetFile, bytes: number) => void;
}

/** Where raw datasets are kept: RETORT_DATA, else the user's cache folder. */
export function dataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.RETORT_DATA) return environment.RETORT_DATA;
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "retort", "data");
}

/** A set that can be downloaded. @throws UsageError on an unknown name, and for a set that is refused. */
export function datasetNamed(name: string, registry: Readonly<Record<string, Dataset>> = downloads): Dataset {
  if (Object.hasOwn(refusedDatasets, name))
    throw new UsageError(
      `data get: invalid dataset: expected one class an image, got ${name}: ${refusedDatasets[name]}`,
    );
  return lookUp(registry, name, "data get", "dataset");
}

/**
 * Make sure that a dataset is there, downloading what is missing.
 *
 * @param registry the known sets; tests hand in their own.
 * @returns the set's folder, and whether anything was fetched.
 * @throws UsageError on an unknown name or without a network; DataError if an address delivers something else.
 */
export async function getDataset(
  name: string,
  options: GetOptions = {},
  registry: Readonly<Record<string, Dataset>> = downloads,
): Promise<{ folder: string; fetched: boolean }> {
  const dataset = datasetNamed(name, registry);
  const folder = join(options.folder ?? dataFolder(), name);
  for (const path of await damagedFiles(folder, dataset)) await putAside(path);
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
  if (!/^https?:\/\/./i.test(mirror) || !URL.canParse(mirror))
    throw new UsageError(
      `data get: invalid --mirror: expected an address that begins with https:// or http://, got ${JSON.stringify(mirror)}`,
    );
  return `${mirror.replace(/\/+$/, "")}/${name}`;
}

const marker = "unpacked.json";

/** What was taken out of an archive. Older versions wrote the size alone. */
type Unpacked = Readonly<Record<string, { readonly size: number; readonly sha256: string } | number>>;

async function unpackedFiles(folder: string): Promise<Unpacked | undefined> {
  const content = await readKept(join(folder, marker), marker, { damaged: "tell", unmarked: () => true });
  try {
    return content && (JSON.parse(new TextDecoder().decode(content)) as Unpacked);
  } catch {
    return undefined;
  }
}

/** Are all files that were unpacked still there at their sizes? */
async function isComplete(folder: string): Promise<boolean> {
  const files = await unpackedFiles(folder);
  for (const [name, file] of Object.entries(files ?? {})) {
    const info = await stat(join(folder, basename(name))).catch(() => undefined);
    if (info?.size !== (typeof file === "number" ? file : file.size)) return false;
  }
  return files !== undefined;
}

/**
 * Files of a dataset that are there with another content than was downloaded: a hit disk, a copy that was cut.
 *
 * @param folder of the set. What lies in it beside the known files is somebody else's.
 */
export async function damagedFiles(folder: string, { files, unpack }: Dataset): Promise<string[]> {
  const damaged: string[] = [];
  if (!unpack) {
    for (const file of files) {
      const path = join(folder, file.name);
      if ((await stat(path).catch(() => undefined))?.isFile() && !(await isPinned(file, path))) damaged.push(path);
    }
    return damaged;
  }
  for (const [name, file] of Object.entries((await unpackedFiles(folder)) ?? {})) {
    const path = join(folder, basename(name));
    const info = await stat(path).catch(() => undefined);
    if (!info) continue;
    const pin = typeof file === "number" ? undefined : file.sha256;
    const same = info.size === (typeof file === "number" ? file : file.size);
    const whole = same && (pin === undefined || (await isPinned(pinned(name, info.size, pin), path)));
    if (!whole) damaged.push(path);
  }
  return damaged;
}

const pinned = (name: string, size: number, value: string): DatasetFile => ({
  ...{ name, size, urls: [] },
  digest: { algorithm: "sha256", value },
});

async function putAside(path: string): Promise<void> {
  const place = await setAside(path);
  tellDamage(
    `${path}: damaged file: expected what was downloaded, got another content; it was set aside as ${place} and is fetched again`,
  );
}

/** Take the wanted files out of a checked archive, flat, and the archive away. */
async function unpack(folder: string, archive: string, endings: readonly string[]): Promise<void> {
  await makeFolder(folder);
  const path = join(folder, archive);
  const source = await openArchive(await fileSource(path), new Budget());
  const wanted = source.files.filter((file) => endings.some((ending) => file.path.endsWith(ending)));
  if (wanted.length === 0)
    throw new DataError(`data get: missing files in ${archive}: expected ${endings.join(", ")}, got none`);
  const taken: Record<string, Unpacked[string]> = {};
  for (const file of wanted) {
    const bytes = await file.read();
    await writeAtomic(join(folder, basename(file.path)), bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    taken[basename(file.path)] = { size: file.size, sha256 };
  }
  await writeKept(join(folder, marker), `${JSON.stringify(taken, null, 2)}\n`, marker);
  await rm(path);
}
