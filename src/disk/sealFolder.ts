import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import type { SourceFile } from "../formats/Format.ts";
import { checkRange } from "../formats/memorySource.ts";
import type { Folder } from "../seal/Folder.ts";
import type { PiecewiseFile } from "../seal/hashFile.ts";
import { comparePaths } from "../seal/paths.ts";
import { openAtOnce } from "./readRegular.ts";

/** Chosen: ImageNet has 1.3 million files; listings beyond this are a mistake or an attack. */
const maxFiles = 2_000_000;
const maxDepth = 64;

/**
 * List what a person wants sealed or verified: of a folder every regular file, hidden ones too; links and special files by name. A file
 * is a list of itself.
 *
 * Nothing is followed: a file that turns into a link between listing and reading is refused. Reads are synchronous,
 * which for many small files is several times faster than a thread pool.
 *
 * @throws UsageError if there is nothing of that name; DataError for names that are not UTF-8.
 */
export function sealFolder(path: string): Folder {
  const root = resolve(path);
  if (!lstatSync(root, { throwIfNoEntry: false }))
    throw new UsageError(`retort: missing path: expected a set at ${path}, got nothing`);
  // A link that the user names is the user's; links inside the folder are the sender's.
  const info = statSync(root, { throwIfNoEntry: false });
  if (info?.isFile()) {
    const file = fileInFolder(realpathSync(root), basename(root));
    return { name: basename(root), folder: false, files: [file], links: [], specials: [] };
  }
  if (!info?.isDirectory())
    throw new UsageError(`retort: invalid path ${path}: expected a file or a folder, got neither`);
  const found = { files: [] as SourceFile[], links: [] as string[], specials: [] as string[] };
  walk(root, "", 0, found);
  found.files.sort((a, b) => comparePaths(a.path, b.path));
  return {
    name: basename(root),
    folder: true,
    files: found.files,
    links: found.links.sort(comparePaths),
    specials: found.specials.sort(comparePaths),
  };
}

/**
 * Where the seal of a path lies: in the folder itself, and of a file in the folder `FILE.seal` beside it.
 *
 * @param out where the person wants it.
 */
export function sealPlace(path: string, out?: string): string {
  if (out !== undefined) return out;
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? `${path}.seal` : path;
}

function walk(
  root: string,
  prefix: string,
  depth: number,
  found: { files: SourceFile[]; links: string[]; specials: string[] },
): void {
  if (depth > maxDepth) throw new DataError(`sealFolder: invalid folder: expected at most ${maxDepth} levels`);
  const entries = readdirSync(join(root, prefix), {
    withFileTypes: true,
    encoding: "buffer",
  }) as unknown as Dirent<Buffer>[];
  for (const entry of entries) {
    const path = prefix + decodeName(entry.name, prefix);
    if (entry.isDirectory()) walk(root, `${path}/`, depth + 1, found);
    else if (entry.isSymbolicLink()) found.links.push(path);
    else if (entry.isFile()) found.files.push(fileInFolder(join(root, path), path));
    else found.specials.push(path);
    if (found.files.length > maxFiles)
      throw new DataError(`sealFolder: invalid folder: expected at most ${maxFiles} files`);
  }
}

function decodeName(bytes: Uint8Array, prefix: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new DataError(
      `sealFolder: invalid name: expected UTF-8, got bytes ${hex} in folder ${JSON.stringify(prefix || ".")}`,
    );
  }
}

function fileInFolder(full: string, path: string): PiecewiseFile {
  const { size } = lstatSync(full);
  return {
    path,
    size,
    async read(start = 0, length = size - start) {
      checkRange(path, size, start, length);
      const handle = openUnchanged(full, path, size);
      try {
        const bytes = new Uint8Array(length);
        for (let filled = 0; filled < length; )
          filled += readSome(handle, path, bytes, filled, length - filled, start + filled);
        return bytes;
      } finally {
        closeSync(handle);
      }
    },
    *pieces(into) {
      const handle = openUnchanged(full, path, size);
      try {
        for (let done = 0; done < size; ) {
          const count = readSome(handle, path, into, 0, Math.min(into.length, size - done), done);
          yield into.subarray(0, count);
          done += count;
        }
      } finally {
        closeSync(handle);
      }
    },
  };
}

function openUnchanged(full: string, path: string, size: number): number {
  const handle = openNoFollow(full, path);
  const now = fstatSync(handle);
  if (now.isFile() && now.size === size) return handle;
  closeSync(handle);
  throw new DataError(`read: invalid file ${path}: expected ${size} bytes, got ${now.size}; it changed on disk`);
}

function readSome(
  handle: number,
  path: string,
  into: Uint8Array,
  at: number,
  length: number,
  position: number,
): number {
  const count = readSync(handle, into, at, length, position);
  if (count === 0)
    throw new DataError(`read: invalid file ${path}: expected ${length} more bytes; it changed on disk`, position);
  return count;
}

function openNoFollow(full: string, path: string): number {
  try {
    return openSync(full, openAtOnce | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "ENOENT")
      throw new DataError(`read: invalid file ${path}: it changed on disk while it was read`);
    throw error;
  }
}
