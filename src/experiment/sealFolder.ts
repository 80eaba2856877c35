import { closeSync, constants, type Dirent, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import type { SourceFile } from "../data/formats/Format.ts";
import { checkRange } from "../data/formats/memorySource.ts";
import type { Folder } from "../seal/Folder.ts";
import { comparePaths } from "../seal/paths.ts";

/** Chosen: ImageNet has 1.3 million files; listings beyond this are a mistake or an attack. */
const maxFiles = 2_000_000;
const maxDepth = 64;

/**
 * List a folder for sealing and verification: every regular file, hidden ones too; links and special files by name.
 *
 * Nothing is followed: a file that turns into a link between listing and reading is refused. Reads are synchronous,
 * which for many small files is several times faster than a thread pool.
 *
 * @throws UsageError if it is no folder; DataError for names that are not UTF-8.
 */
export function sealFolder(path: string): Folder {
  const root = resolve(path);
  const info = lstatSync(root, { throwIfNoEntry: false });
  if (!info) throw new UsageError(`retort: missing folder: expected a set at ${path}`);
  // A link that the user names is the user's; links inside the folder are the sender's.
  const isFolder = info.isDirectory() || (info.isSymbolicLink() && isDirectory(root));
  if (!isFolder)
    throw new UsageError(
      `retort: invalid path ${path}: expected a folder, got a file; a seal covers the whole folder that the file lies in`,
    );
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

function isDirectory(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
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

function fileInFolder(full: string, path: string): SourceFile {
  const { size } = lstatSync(full);
  return {
    path,
    size,
    async read(start = 0, length = size - start) {
      checkRange(path, size, start, length);
      const handle = openNoFollow(full, path);
      try {
        const now = fstatSync(handle);
        if (!now.isFile() || now.size !== size)
          throw new DataError(
            `read: invalid file ${path}: expected ${size} bytes, got ${now.size}; it changed on disk`,
          );
        const bytes = new Uint8Array(length);
        for (let filled = 0; filled < length; ) {
          const count = readSync(handle, bytes, filled, length - filled, start + filled);
          if (count === 0)
            throw new DataError(
              `read: invalid file ${path}: expected ${length} bytes, got ${filled}; it changed on disk`,
              start,
            );
          filled += count;
        }
        return bytes;
      } finally {
        closeSync(handle);
      }
    },
  };
}

function openNoFollow(full: string, path: string): number {
  try {
    return openSync(full, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "ENOENT")
      throw new DataError(`read: invalid file ${path}: it changed on disk while it was read`);
    throw error;
  }
}
